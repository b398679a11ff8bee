// Batches made up for a test.
#pragma once

#include <random>
#include <vector>

#include "model/stacked_model.hpp"

namespace mer::model {

using Random = std::mt19937;

int draw(Random& random, int low, int high);

// dialogues: how many each slot has; 0: it takes no part. selects: some rows are not scored, but one of each slot is.
Batch random_batch(Random& random, const Shape& shape, const std::vector<int>& dialogues, bool selects);

}  // namespace mer::model
