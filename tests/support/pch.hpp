// The precompiled header of every test without LibTorch.
#pragma once

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/pch.hpp"
