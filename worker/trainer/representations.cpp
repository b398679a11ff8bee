#include "worker/trainer/representations.hpp"

#include <ATen/ATen.h>
#include <filesystem>
#include <map>

#include "core/descriptor.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"
#include "model/gang.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

constexpr const char* kFormat = "mer-representations-1";

// Rows of `share` that are scored, as places in the step's tensors and in the part.
struct Places {
  std::vector<std::int64_t> from, to;
};

Places places_of(const ShareRows& share, std::int64_t first_row, const Part& part) {
  Places places;
  for (std::size_t i = 0; i < share.rows.size(); ++i) {
    if (!share.scored[i]) continue;
    places.from.push_back(first_row + std::int64_t(i));
    places.to.push_back(std::int64_t(part.place_of(share.rows[i])));
  }
  return places;
}

at::Tensor index_of(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong);
}

}  // namespace

model::NamedTensors representations_of(model::StackedModel& model, const JobInput& input, const EvaluationTask& task,
                                       model::DeviceSteps* device, Gang* gang) {
  const std::vector<std::uint32_t>& rows = task.part->rows;
  model::NamedTensors all;
  for_each_evaluation_step(model, input, {&task, 1}, device, gang, [&](const EvaluationStep& step) {
    const model::Batch& gathered = step.gathered.batch;
    const model::Batch batch = device == nullptr ? gathered : device->on_device(gathered, step.settings);
    const ShareRows& share = step.gathered.shares[std::size_t(task.slot)];
    const Places places = places_of(share, step.gathered.batch.layout->slots[std::size_t(task.slot)].begin, *task.part);
    for (const auto& [name, tensor] : named(model.shape().settings, model.forward(batch, step.settings))) {
      const at::Tensor values = tensor.cpu();
      if (!all.contains(name)) all[name] = at::zeros({std::int64_t(rows.size()), values.size(1)}, values.options());
      all[name].index_copy_(0, index_of(places.to), values.index_select(0, index_of(places.from)));
    }
  });
  if (gang != nullptr) {
    for (const auto& [name, tensor] : all) model::sum_in_place(*gang, tensor);
  }
  all["utterance"] = index_of({rows.begin(), rows.end()});
  return all;
}

Status write_representations(const std::string& store, const TrialJob& trial, const model::NamedTensors& tensors) {
  const std::string folder = store + "/representations/" + trial.spec.id.hex;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return system_error(error.value(), folder + ": cannot be created");
  std::map<std::string, data::TensorView> views;
  for (const auto& [name, tensor] : tensors) views[name] = view_of(tensor);
  const auto written = data::write_safetensors(folder + "/" + std::to_string(trial.attempt) + ".safetensors", views,
                                               {{"format", kFormat},
                                                {"trial", trial.spec.id.hex},
                                                {"attempt", std::to_string(trial.attempt)},
                                                {"epoch", std::to_string(trial.spec.train.epochs)}});
  return written ? Status() : written.error();
}

}  // namespace mer::trainer
