#include "worker/trainer/probe_file.hpp"

#include <map>
#include <utility>

#include "data/safetensors.hpp"
#include "model/probe.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
Status probe_file(const std::string& in, const std::string& out) {
  MER_ASSIGN(const data::SafetensorsFile file, data::SafetensorsFile::open(in));
  model::NamedTensors input;
  for (const auto& [name, view] : file.tensors()) input[name] = tensor_of(view);
  auto probed = model::probe(input, file.metadata());
  if (!probed) return Error{probed.error().code, in + ": " + probed.error().message};

  model::NamedTensors answer;  // keeps the bytes that the views show
  for (const auto& [name, tensor] : *probed) answer[name] = tensor.detach().contiguous();
  std::map<std::string, data::TensorView> views;
  for (const auto& [name, tensor] : answer) views[name] = view_of(tensor);
  const auto written = data::write_safetensors(out, views, file.metadata());
  return written ? Status() : written.error();
}

}  // namespace mer::trainer
