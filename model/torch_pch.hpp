// The precompiled header of every unit that uses LibTorch. torch/torch.h costs three times as much and is not needed.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
