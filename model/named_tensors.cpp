#include "model/named_tensors.hpp"

#include <utility>
#include <vector>

namespace mer::model {
namespace {

void name_each(NamedTensors& out, const std::string& kind, const std::vector<std::string>& names,
               const std::vector<at::Tensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) out[kind + "." + names[i]] = tensors[i].detach();
}

// In the order of Representations::cross.
std::vector<std::string> pairs_of(const std::vector<std::string>& modalities) {
  std::vector<std::string> pairs;
  for (const std::string& source : modalities) {
    for (const std::string& target : modalities) {
      if (source != target) pairs.push_back(source + "_to_" + target);
    }
  }
  return pairs;
}

}  // namespace

NamedTensors named(const ModelSettings& settings, const Representations& representations) {
  const std::vector<std::string>& modalities = settings.modalities;
  NamedTensors out;
  name_each(out, "context", modalities, representations.context);
  name_each(out, "public", modalities, representations.public_);
  name_each(out, "unique", modalities, representations.unique);
  name_each(out, "reconstructed", modalities, representations.reconstructed);
  name_each(out, "cycled", modalities, representations.cycled);
  name_each(out, "cross", pairs_of(modalities), representations.cross);
  name_each(out, "auxiliary_logits", modalities, representations.auxiliary_logits);
  out["logits"] = representations.logits.detach();
  return out;
}

NamedTensors named(const ModelSettings& settings, const Losses& losses) {
  NamedTensors out;
  name_each(out, "loss.auxiliary", settings.modalities, losses.auxiliary_by_modality);
  for (const auto& [name, loss] : {std::pair("loss.total", losses.total),
                                   {"loss.task", losses.task},
                                   {"loss.auxiliary", losses.auxiliary},
                                   {"loss.subspace", losses.subspace},
                                   {"loss.similarity", losses.similarity},
                                   {"loss.difference", losses.difference},
                                   {"loss.reconstruction", losses.reconstruction},
                                   {"loss.cycle", losses.cycle}}) {
    if (loss.defined()) out[name] = loss.detach();
  }
  return out;
}

}  // namespace mer::model
