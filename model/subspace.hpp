// Representation subspace mapping (section 3.5): public and unique encoders (eq 4), decoders (eq 7), the cycle (eq 8).
//
// Threads: one thread. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "model/ops.hpp"

namespace mer::model {

// One list entry per modality.
struct Subspaces {
  std::vector<at::Tensor> public_;        // U_m^pub = E^pub(U_m)
  std::vector<at::Tensor> unique;         // U_m^uni = E_m^uni(U_m)
  std::vector<at::Tensor> reconstructed;  // D_m(U_m^pub + U_m^uni)
  std::vector<at::Tensor> cycled;         // E_m^uni(D_m(...))
};

class SubspaceMapping {
 public:
  SubspaceMapping(Parameters& parameters, const ModelSettings& settings);
  Subspaces operator()(const std::vector<at::Tensor>& context, const LayoutPtr& layout) const;

 private:
  Linear public_encoder_;  // E^pub, shared by the modalities
  std::vector<Linear> unique_encoders_;
  std::vector<Linear> decoders_;
};

}  // namespace mer::model
