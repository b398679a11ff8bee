#include "model/subspace.hpp"

#include <ATen/ATen.h>

namespace mer::model {

namespace {

// The sigmoid keeps values in [0, 1], where the central moments of eq 5 are bounded.
Activation activation_of(const ModelSettings& settings) {
  return settings.encoder == EncoderForm::sigmoid ? Activation::sigmoid : Activation::none;
}

}  // namespace

SubspaceMapping::SubspaceMapping(Parameters& parameters, const ModelSettings& settings)
    : public_encoder_(parameters, "public_encoder", settings.hidden, settings.hidden, activation_of(settings)) {
  for (const std::string& modality : settings.modalities) {
    unique_encoders_.emplace_back(parameters, modality + ".unique_encoder", settings.hidden, settings.hidden,
                                  activation_of(settings));
    decoders_.emplace_back(parameters, modality + ".decoder", settings.hidden, settings.hidden);
  }
}

Subspaces SubspaceMapping::operator()(const std::vector<at::Tensor>& context, const LayoutPtr& layout) const {
  Subspaces result;
  for (std::size_t m = 0; m < context.size(); ++m) {
    result.public_.push_back(public_encoder_(context[m], layout));
    result.unique.push_back(unique_encoders_[m](context[m], layout));
    result.reconstructed.push_back(decoders_[m](result.public_[m] + result.unique[m], layout));
    result.cycled.push_back(unique_encoders_[m](result.reconstructed[m], layout));
  }
  return result;
}

}  // namespace mer::model
