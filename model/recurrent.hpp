// The recurrent layer over the turns of each dialogue (section 3.3): GRU or LSTM, one or both directions, PyTorch's
// equations and weight layout.
//
// Threads: one thread. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "model/ops.hpp"

namespace mer::model {

class RecurrentLayer {
 public:
  // Inputs and outputs are `settings.hidden` wide. recurrent_width `split`: the directions share that width; `full`:
  // each has all of it and a linear layer brings two directions back to it.
  RecurrentLayer(Parameters& parameters, const std::string& name, const ModelSettings& settings);

  at::Tensor operator()(const at::Tensor& x, const LayoutPtr& layout) const;

 private:
  kernels::Cell cell_;
  bool both_directions_;
  std::int64_t width_;                     // of one direction
  std::vector<const Parameter*> weights_;  // weight_ih, weight_hh, bias_ih, bias_hh; forward, then backward
  Linear projection_;                      // both directions at full width only
  bool projected_;
};

}  // namespace mer::model
