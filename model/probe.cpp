#include "model/probe.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/GradMode.h>
#include <exception>
#include <optional>
#include <set>
#include <sstream>

#include "core/json.hpp"
#include "core/sweep_check.hpp"
#include "model/device/stage.hpp"
#include "model/stacked_model.hpp"

namespace mer::model {

namespace {

using nlohmann::json;
using Metadata = std::map<std::string, std::string>;

// Everything of a probe's input, checked.
struct Case {
  Shape shape;
  int slots = 1;
  Batch batch;
  std::vector<SlotSettings> settings;
  bool gradients = false;
};

std::string text_of(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

Error wrong(const std::string& tensor, const at::Tensor& found, const std::string& expected) {
  return invalid("tensor " + tensor + ": is " + std::string(c10::toString(found.scalar_type())) + " " +
                 text_of(found.sizes()) + ", expected " + expected);
}

Result<at::Tensor> find(const NamedTensors& input, const std::string& name) {
  const auto found = input.find(name);
  if (found == input.end()) return invalid("tensor " + name + ": missing");
  return found->second;
}

Result<json> parse(const Metadata& metadata, const std::string& key, const std::string& fallback) {
  const auto found = metadata.find(key);
  try {
    return json::parse(found == metadata.end() ? fallback : found->second);
  } catch (const json::exception& error) {
    return invalid("metadata " + key + ": not JSON: " + error.what());
  }
}

// The section "model" of a sweep file; absent keys have their defaults, "n/a" ones follow from the modalities.
Result<ModelSettings> model_settings(const Metadata& metadata) {
  MER_ASSIGN(const json given, parse(metadata, "model", "{}"));
  const SweepOrigin origin{"metadata model", {}};
  MER_TRY(check_object(origin, "", given));
  MER_TRY(check_keys(origin, "", given, keys_of("model")));
  json merged = ModelSettings();
  for (const auto& [key, value] : given.items()) {
    // The model takes any number of modalities, a sweep file only those that a corpus has.
    const bool not_applicable = value == "n/a" && merged[key].is_boolean();
    if (!not_applicable && key != "modalities")
      MER_TRY(check_value(origin, "/" + key, *find_field("model." + key), value));
    merged[key] = value;
  }
  if (merged["modalities"].size() == 1) {
    for (const char* key : {"auxiliary_loss", "subspace", "cross_attention"}) merged[key] = "n/a";
  }
  ModelSettings settings;
  try {
    merged.get_to(settings);
  } catch (const std::exception& error) {
    return invalid(std::string("metadata model: ") + error.what());
  }
  if (settings.modalities.empty()) return invalid("metadata model: modalities is empty");
  if (settings.hidden % settings.heads != 0 || settings.hidden % 2 != 0) {
    return invalid("metadata model: hidden is " + std::to_string(settings.hidden) +
                   ", expected an even multiple of heads (" + std::to_string(settings.heads) + ")");
  }
  return settings;
}

Result<std::vector<SlotSettings>> slot_settings(const Metadata& metadata, const ModelSettings& model, int slots) {
  std::vector<SlotSettings> settings(std::size_t(slots), SlotSettings{0, model.alpha, model.beta, 0, 0});
  MER_ASSIGN(const json given, parse(metadata, "slots", "[]"));
  if (!given.is_array() || (!given.empty() && given.size() != std::size_t(slots))) {
    return invalid("metadata slots: expected a list of " + std::to_string(slots) + " objects, one for each slot");
  }
  try {
    for (std::size_t i = 0; i < given.size(); ++i) {
      for (const auto& [key, value] : given[i].items()) {
        if (key == "dropout")
          settings[i].dropout = value.get<double>();
        else if (key == "alpha")
          settings[i].alpha = value.get<double>();
        else if (key == "beta")
          settings[i].beta = value.get<double>();
        else if (key == "seed")
          settings[i].seed = value.get<std::uint64_t>();
        else if (key == "step")
          settings[i].step = value.get<std::int64_t>();
        else
          return invalid("metadata slots: unknown key " + key + ", expected dropout, alpha, beta, seed or step");
      }
      if (!(settings[i].dropout >= 0 && settings[i].dropout < 1)) {
        return invalid("metadata slots: dropout must be in [0, 1)");
      }
    }
  } catch (const json::exception& error) {
    return invalid(std::string("metadata slots: ") + error.what());
  }
  return settings;
}

// An int64 list of counts with the given sum, as offsets.
Result<std::vector<std::int64_t>> offsets_of(const std::string& name, const at::Tensor& counts, std::int64_t least,
                                             std::int64_t sum) {
  if (counts.scalar_type() != at::kLong || counts.dim() != 1) return wrong(name, counts, "int64 of one dimension");
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t i = 0; i < counts.numel(); ++i) {
    const std::int64_t count = counts[i].item<std::int64_t>();
    if (count < least || count > sum - offsets.back()) break;
    offsets.push_back(offsets.back() + count);
  }
  if (std::int64_t(offsets.size()) != counts.numel() + 1 || offsets.back() != sum) {
    return invalid("tensor " + name + ": expected numbers of at least " + std::to_string(least) + " with the sum " +
                   std::to_string(sum));
  }
  return offsets;
}

Result<LayoutPtr> layout_of(const NamedTensors& input, std::int64_t rows, int slots) {
  MER_ASSIGN(const at::Tensor lengths, find(input, "dialogue_lengths"));
  MER_ASSIGN(const auto first_rows, offsets_of("dialogue_lengths", lengths, 1, rows));
  const std::int64_t dialogues = lengths.numel();
  const auto counts = input.find("slot_dialogues");
  const at::Tensor per_slot = counts == input.end() ? at::full({1}, dialogues, at::kLong) : counts->second;
  MER_ASSIGN(const auto first_dialogues, offsets_of("slot_dialogues", per_slot, 0, dialogues));
  if (per_slot.numel() != slots) return wrong("slot_dialogues", per_slot, "one number for each of the slots");
  const auto given_first = input.find("first_dialogues");
  const at::Tensor first = given_first == input.end() ? at::zeros({slots}, at::kLong) : given_first->second;
  if (first.scalar_type() != at::kLong || first.dim() != 1 || first.numel() != slots) {
    return wrong("first_dialogues", first, "int64 [" + std::to_string(slots) + "]");
  }
  auto layout = std::make_shared<Layout>();
  for (std::size_t slot = 0; slot < std::size_t(slots); ++slot) {
    std::vector<std::int64_t> of_slot;
    for (auto d = std::size_t(first_dialogues[slot]); d < std::size_t(first_dialogues[slot + 1]); ++d) {
      of_slot.push_back(first_rows[d + 1] - first_rows[d]);
    }
    layout->add_slot(of_slot, first[std::int64_t(slot)].item<std::int64_t>());
  }
  return LayoutPtr(layout);
}

Result<Batch> batch_of(const NamedTensors& input, Case& probed) {
  Batch batch;
  MER_ASSIGN(batch.labels, find(input, "labels"));
  if (batch.labels.scalar_type() != at::kLong || batch.labels.dim() != 1) {
    return wrong("labels", batch.labels, "int64 [rows]");
  }
  const bool any = batch.labels.numel() > 0;
  if (any && (batch.labels.min().item<std::int64_t>() < 0 ||
              batch.labels.max().item<std::int64_t>() >= probed.shape.classes)) {
    return invalid("tensor labels: expected numbers from 0 to " + std::to_string(probed.shape.classes - 1));
  }
  const std::int64_t rows = batch.labels.numel();
  for (const std::string& modality : probed.shape.settings.modalities) {
    MER_ASSIGN(at::Tensor features, find(input, "features." + modality));
    if (features.scalar_type() != (probed.shape.dtype == Dtype::float64 ? at::kDouble : at::kFloat) ||
        features.dim() != 2 || features.size(0) != rows || features.size(1) == 0) {
      return wrong("features." + modality, features, "[" + std::to_string(rows) + ", width] of the parameters' type");
    }
    probed.shape.feature_dims.push_back(int(features.size(1)));
    batch.features.push_back(std::move(features));
  }
  at::Tensor scored;
  if (const auto given = input.find("scored"); given != input.end()) {
    const at::Tensor& flags = given->second;
    if (flags.scalar_type() != at::kByte || flags.dim() != 1 || flags.numel() != rows) {
      return wrong("scored", flags, "uint8 [" + std::to_string(rows) + "]");
    }
    scored = flags;
  }
  MER_ASSIGN(batch.layout, layout_of(input, rows, probed.slots));
  for (at::Tensor& features : batch.features) features = spread_rows(features, *batch.layout);
  batch.labels = spread_rows(batch.labels, *batch.layout);
  if (scored.defined()) {
    const at::Tensor flags = spread_rows(scored, *batch.layout);
    batch.scored.assign(flags.const_data_ptr<std::uint8_t>(), flags.const_data_ptr<std::uint8_t>() + flags.numel());
  }
  return batch;
}

Result<Case> read_case(const NamedTensors& input, const Metadata& metadata) {
  Case probed;
  MER_ASSIGN(probed.shape.settings, model_settings(metadata));
  MER_ASSIGN(const at::Tensor bias, find(input, "parameter.classifier.bias"));
  if (bias.dim() != 2 || bias.numel() == 0 || (bias.scalar_type() != at::kFloat && bias.scalar_type() != at::kDouble)) {
    return wrong("parameter.classifier.bias", bias, "float32 or float64 [slots, classes]");
  }
  probed.slots = int(bias.size(0));
  probed.shape.classes = int(bias.size(1));
  probed.shape.dtype = bias.scalar_type() == at::kDouble ? Dtype::float64 : Dtype::float32;
  MER_ASSIGN(probed.batch, batch_of(input, probed));
  MER_ASSIGN(probed.settings, slot_settings(metadata, probed.shape.settings, probed.slots));
  const auto gradients = metadata.find("gradients");
  probed.gradients = gradients != metadata.end() && gradients->second == "true";
  return probed;
}

Status load_parameters(const NamedTensors& input, StackedModel& model) {
  const at::NoGradGuard no_grad;
  std::set<std::string> known;
  for (int i = 0; i < model.parameter_count(); ++i) {
    const std::string name = "parameter." + model.parameter_name(i);
    MER_ASSIGN(const at::Tensor values, find(input, name));
    std::vector<std::int64_t> expected = model.parameter(i, 0).sizes().vec();
    expected.insert(expected.begin(), model.slots());
    if (values.sizes() != at::IntArrayRef(expected) || values.scalar_type() != model.parameter(i, 0).scalar_type()) {
      return wrong(name, values, text_of(expected) + " of one type for all parameters");
    }
    for (int slot = 0; slot < model.slots(); ++slot) model.parameter(i, slot).copy_(values[slot]);
    known.insert(name);
  }
  for (const auto& [name, tensor] : input) {
    if (name.starts_with("parameter.") && !known.contains(name)) {
      return invalid("tensor " + name + ": the model with these settings has no such parameter");
    }
  }
  return {};
}

void name_gradients(NamedTensors& out, StackedModel& model) {
  for (int i = 0; i < model.parameter_count(); ++i) {
    std::vector<at::Tensor> slots;
    for (int slot = 0; slot < model.slots(); ++slot) {
      const at::Tensor gradient = model.grad(i, slot);
      slots.push_back(gradient.defined() ? gradient.cpu() : at::zeros_like(model.parameter(i, slot).detach()).cpu());
    }
    out["gradient." + model.parameter_name(i)] = at::stack(slots);
  }
}

// The batch on the device; the case's own is then laid out as there.
Batch move_to_device(Case& probed, std::optional<Stage>& stage) {
  const auto& settings = probed.settings;
  Bucket bucket = bucket_of(*probed.batch.layout);
  bucket.trains = std::any_of(settings.begin(), settings.end(), [](const auto& slot) { return slot.dropout > 0; });
  bucket.selects = !probed.batch.scored.empty();
  stage.emplace(probed.shape, bucket);
  std::vector<SlotStep> steps;
  for (const SlotSettings& slot : settings) steps.push_back({slot, false, {}});
  probed.batch = in_bucket(probed.batch, bucket);
  stage->fill(probed.batch, steps, false);
  return stage->batch();
}

}  // namespace

Result<NamedTensors> probe(const NamedTensors& input, const Metadata& metadata, Gang* gang, at::Device place) {
  try {
    MER_ASSIGN(Case probed, read_case(input, metadata));
    StackedModel model(probed.shape, probed.slots, gang, place);
    MER_TRY(load_parameters(input, model));
    std::optional<Stage> stage;
    const Batch batch = place.is_cpu() ? probed.batch : move_to_device(probed, stage);
    const at::AutoGradMode with_graph(probed.gradients);
    const Representations representations = model.forward(batch, probed.settings);
    const Losses losses = model.losses(batch, representations, probed.settings);
    NamedTensors out = named(probed.shape.settings, representations);
    for (auto& [name, rows] : out) rows = pack_rows(rows.cpu(), *probed.batch.layout);
    for (const auto& [name, values] : named(probed.shape.settings, losses)) out[name] = values.cpu();
    if (probed.gradients) {
      model.backward(losses);
      name_gradients(out, model);
    }
    return out;
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, std::string("probe: ") + error.what()};
  }
}

}  // namespace mer::model
