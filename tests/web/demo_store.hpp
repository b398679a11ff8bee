// A store with known content, for the API's tests and the page's.
//
//   sweep 1 "auxiliary-loss": 2 configurations x 12 speaker folds, seed 0, 20 epochs. Configuration 0 is complete; in
//           configuration 1 the trial of the last fold diverged at epoch 9 with a NaN loss. One trial of configuration
//           0 has a killed first attempt.
//   sweep 2 "modalities": 3 configurations x 1 fold x 3 seeds, running: the first trials are done, one is in epoch 7.
//   sweep 3: its name is HTML; nothing has begun.
//   sweep 4 "ablation": 3 configurations x 12 folds, complete. Against the first, the second is worse on every fold,
//           the third better on some.
//   sweep 5 "grid": 2 recurrent layers x 4 learning rates x 12 folds, complete.
// Classes: 4. Sizes: test 120, validation 120, train 1200 utterances.
#pragma once

#include <memory>

#include "storage/memory_store.hpp"

namespace mer::web::test {

constexpr int kFolds = 12;
constexpr int kEpochs = 20;

// The confusion matrix of `utterances` utterances in 4 classes of unequal size, of which about `accuracy` are right.
ConfusionMatrix confusion_of(double accuracy, int utterances);

// The test accuracy that the demo's trials follow.
double demo_accuracy(int configuration, int fold, int epoch);

std::unique_ptr<storage::MemoryStore> make_demo_store();

// The running trial of sweep 2 finishes one more epoch.
void advance(storage::MemoryStore& store);

}  // namespace mer::web::test
