#include "model/subspace.hpp"

#include <ATen/ATen.h>

namespace mer::model {

SubspaceMapping::SubspaceMapping(Parameters& parameters, const ModelSettings& settings)
    : sigmoid_(settings.encoder == EncoderForm::sigmoid),
      public_encoder_(parameters, "public_encoder", settings.hidden, settings.hidden) {
  for (const std::string& modality : settings.modalities) {
    unique_encoders_.emplace_back(parameters, modality + ".unique_encoder", settings.hidden, settings.hidden);
    decoders_.emplace_back(parameters, modality + ".decoder", settings.hidden, settings.hidden);
  }
}

// The sigmoid keeps values in [0, 1], where the central moments of eq 5 are bounded.
PerSlot SubspaceMapping::encode(const Linear& encoder, const PerSlot& x) const {
  const PerSlot linear = encoder(x);
  return sigmoid_ ? map([](const at::Tensor& rows) { return at::sigmoid(rows); }, linear) : linear;
}

Subspaces SubspaceMapping::operator()(const std::vector<PerSlot>& context) const {
  Subspaces result;
  for (std::size_t m = 0; m < context.size(); ++m) {
    result.public_.push_back(encode(public_encoder_, context[m]));
    result.unique.push_back(encode(unique_encoders_[m], context[m]));
    result.reconstructed.push_back(decoders_[m](add(result.public_[m], result.unique[m])));
    result.cycled.push_back(encode(unique_encoders_[m], result.reconstructed[m]));
  }
  return result;
}

}  // namespace mer::model
