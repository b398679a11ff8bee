#include "core/sweep_resolve.hpp"

#include <algorithm>
#include <map>

#include "core/enum_names.hpp"
#include "core/json.hpp"
#include "core/json_codec.hpp"
#include "core/quoting.hpp"
#include "core/sha256.hpp"

namespace mer {

using nlohmann::json;

namespace {
// {"alpha": 0.1, ...} of a section, from the table.
const json& defaults_of(const std::string& section) {
  static const auto all = [] {
    std::map<std::string, json> by_section;
    for (const Field& field : fields()) {
      json& defaults = by_section.try_emplace(field.section(), json::object()).first->second;
      if (!field.fallback.empty()) defaults[field.key()] = json::parse(field.fallback);
    }
    return by_section;
  }();
  return all.at(section);
}

json complete(const std::string& section, const json& document, const json& point) {
  json values = defaults_of(section);
  if (document.contains(section)) values.update(document[section]);
  for (const auto& [path, value] : point.items()) {
    const Field* field = find_field(path);
    if (field->section() == section) values[field->key()] = value;
  }
  return values;
}

// Errors across fields, which name the point when there is one.
class CrossChecks {
 public:
  CrossChecks(const SweepOrigin& origin, const json& point) : origin_(origin), point_(point) {}

  Error error(const std::string& pointer, const std::string& message) const {
    std::string where;
    for (const auto& [path, value] : point_.items()) where += (where.empty() ? "" : ", ") + path + " = " + shown(value);
    return origin_.error(pointer, message + (where.empty() ? "" : " (in the configuration " + where + ")"));
  }

 private:
  const SweepOrigin& origin_;
  const json& point_;
};

Result<CorpusSource> corpus_of(const CrossChecks& checks, const json& values, bool seed_given) {
  CorpusSource corpus;
  corpus.path = values.value("path", "");
  corpus.synthetic = values.value("synthetic", "");
  corpus.seed = values["seed"].get<std::uint64_t>();
  if (corpus.path.empty() == corpus.synthetic.empty()) {
    return checks.error("/corpus",
                        shown(values) + " is not allowed; allowed: exactly one of \"path\" and \"synthetic\"");
  }
  if (seed_given && corpus.synthetic.empty()) {
    return checks.error("/corpus/seed", "only a synthetic corpus has a seed; leave it out");
  }
  return corpus;
}

Result<FoldSettings> folds_of(const CrossChecks& checks, const json& values) {
  FoldSettings folds;
  folds.scheme = *enum_from<FoldSchemeKind>(values["scheme"].get<std::string>());
  folds.test = values.value("test", "");
  folds.file = values.value("file", "");
  folds.context = *enum_from<FoldContext>(values["context"].get<std::string>());
  const json& validation = values["validation"];
  if (validation.is_object()) {
    folds.validation = ValidationKind::dialogues;
    folds.validation_fraction = validation["dialogues"].get<double>();
    folds.seed = values["seed"].get<std::uint64_t>();  // stays 0 where nothing is drawn
  } else {
    folds.validation = *enum_from<ValidationKind>(validation.get<std::string>());
  }
  const std::string scheme = "the scheme is \"" + to_string(folds.scheme) + "\"";
  if (!folds.test.empty() && folds.scheme != FoldSchemeKind::session_holdout) {
    return checks.error("/folds/test", scheme + "; only \"session-holdout\" has a test session: leave it out");
  }
  if (folds.file.empty() == (folds.scheme == FoldSchemeKind::explicit_file)) {
    return checks.error("/folds/file", folds.file.empty() ? scheme + ", so the file that lists the folds must be given"
                                                          : scheme + "; only \"explicit\" reads a file: leave it out");
  }
  return folds;
}

// With one modality the components that need two become "n/a".
Status settle_components(const CrossChecks& checks, ModelSettings& model) {
  const std::pair<const char*, std::optional<bool>*> components[] = {
      {"auxiliary_loss", &model.auxiliary_loss},
      {"subspace", &model.subspace},
      {"cross_attention", &model.cross_attention},
  };
  for (const auto& [key, value] : components) {
    if (model.modalities.size() == 1) value->reset();
    if (model.modalities.size() > 1 && !value->has_value()) {
      return checks.error(std::string("/model/") + key,
                          "\"n/a\" is not allowed with two modalities; allowed: true or false");
    }
  }
  return {};
}

Status check_model(const CrossChecks& checks, const ModelSettings& model) {
  if (model.hidden % model.heads != 0) {
    return checks.error("/model/heads", std::to_string(model.heads) + " is not allowed: hidden is " +
                                            std::to_string(model.hidden) + "; allowed: a divisor of hidden");
  }
  const bool two_directions = model.recurrent == Recurrent::bigru || model.recurrent == Recurrent::bilstm;
  if (two_directions && model.recurrent_width == RecurrentWidth::split && model.hidden % 2 != 0) {
    return checks.error("/model/hidden", std::to_string(model.hidden) + " is not allowed: \"" +
                                             to_string(model.recurrent) +
                                             "\" gives half of it to each direction; allowed: an even number");
  }
  return {};
}

json json_of(const CorpusSource& corpus) {
  if (!corpus.path.empty()) return {{"path", corpus.path}};
  return {{"synthetic", corpus.synthetic}, {"seed", corpus.seed}};
}

json json_of(const FoldSettings& folds) {
  json out = {{"scheme", to_string(folds.scheme)},
              {"validation", to_string(folds.validation)},
              {"context", to_string(folds.context)}};
  if (folds.validation == ValidationKind::dialogues) {
    out["validation"] = {{"dialogues", folds.validation_fraction}};
    out["seed"] = folds.seed;
  }
  if (!folds.test.empty()) out["test"] = folds.test;
  if (!folds.file.empty()) out["file"] = folds.file;
  return out;
}

}  // namespace

Result<Configuration> resolve(const SweepOrigin& origin, const json& document, const json& point) {
  const CrossChecks checks(origin, point);
  const json corpus = complete("corpus", document, point);
  const json folds = complete("folds", document, point);
  const bool seed_given = point.contains("corpus.seed") || document.value("corpus", json::object()).contains("seed");
  if (!folds.contains("scheme")) {
    return checks.error("/folds", "\"scheme\" is missing; " + allowed_text(*find_field("folds.scheme")));
  }
  Configuration configuration;
  MER_ASSIGN(configuration.corpus, corpus_of(checks, corpus, seed_given));
  MER_ASSIGN(configuration.folds, folds_of(checks, folds));
  configuration.model = complete("model", document, point).get<ModelSettings>();
  configuration.train = complete("train", document, point).get<TrainSettings>();
  MER_TRY(settle_components(checks, configuration.model));
  MER_TRY(check_model(checks, configuration.model));
  std::erase_if(configuration.train.standardise, [&](const std::string& modality) {
    const auto& modalities = configuration.model.modalities;
    return std::find(modalities.begin(), modalities.end(), modality) == modalities.end();
  });
  std::sort(configuration.train.standardise.begin(), configuration.train.standardise.end());
  return configuration;
}

ConfigurationId configuration_id_of(const Configuration& configuration, const CorpusId& corpus,
                                    const std::vector<FoldId>& folds) {
  json settings = json_of(configuration.folds);
  settings.erase("file");  // the folds' hashes stand for its content
  json identity = {{"kind", "configuration"},
                   {"corpus", corpus.hex},
                   {"folds", without_defaults(settings, defaults_of("folds"))},
                   {"model", without_defaults(configuration.model, ModelSettings())},
                   {"train", without_defaults(configuration.train, TrainSettings())}};
  for (const FoldId& fold : folds) identity["fold_ids"].push_back(fold.hex);
  return {short_hash(identity.dump())};
}

void resolve_rest(const json& document, Sweep& sweep) {
  const json point = json::object();
  const json select = complete("select", document, point);
  sweep.select.epoch = *enum_from<SelectionRule>(select["epoch"].get<std::string>());
  sweep.select.metric = *enum_from<Metric>(select["metric"].get<std::string>());
  const json resources = complete("resources", document, point);
  sweep.resources.device = *enum_from<DeviceChoice>(resources["device"].get<std::string>());
  sweep.resources.stack = resources["stack"].is_string() ? 0 : resources["stack"].get<int>();
  sweep.resources.threads = resources["threads"].get<int>();
  sweep.resources.gpu_fraction = resources["gpu_fraction"].get<double>();
  sweep.resources.gpus_per_trial = resources["gpus_per_trial"].get<int>();
  sweep.resources.broadcast_features = resources["broadcast_features"].get<bool>();
  sweep.max_attempts = complete("retry", document, point)["max_attempts"].get<int>();
  sweep.record_representations = complete("record", document, point)["representations"].get<bool>();
}

json json_of(const Configuration& configuration) {
  return {{"corpus", json_of(configuration.corpus)},
          {"folds", json_of(configuration.folds)},
          {"model", configuration.model},
          {"train", configuration.train}};
}

json json_of(const Sweep& sweep, const std::vector<std::string>& varied) {
  json out = {{"name", sweep.name},
              {"seeds", sweep.seeds},
              {"configurations", json::array()},
              {"varied", varied},
              {"select", {{"epoch", name_of(sweep.select.epoch)}, {"metric", name_of(sweep.select.metric)}}},
              {"resources",
               {{"device", name_of(sweep.resources.device)},
                {"stack", sweep.resources.stack == 0 ? json("auto") : json(sweep.resources.stack)},
                {"threads", sweep.resources.threads}}},
              {"retry", {{"max_attempts", sweep.max_attempts}}},
              {"record", {{"representations", sweep.record_representations}}},
              {"published", json::array()}};
  // Left out at its default: a sweep of a store that knew no such key is still the same sweep.
  if (sweep.resources.gpu_fraction != ResourceSettings().gpu_fraction) {
    out["resources"]["gpu_fraction"] = sweep.resources.gpu_fraction;
  }
  if (sweep.resources.gpus_per_trial != ResourceSettings().gpus_per_trial) {
    out["resources"]["gpus_per_trial"] = sweep.resources.gpus_per_trial;
  }
  if (sweep.resources.broadcast_features) out["resources"]["broadcast_features"] = true;
  for (const Configuration& configuration : sweep.configurations) {
    out["configurations"].push_back(json_of(configuration));
  }
  for (const Published& published : sweep.published) {
    out["published"].push_back(
        {{"label", published.label}, {"metric", name_of(published.metric)}, {"value", published.value}});
    if (!published.source.empty()) out["published"].back()["source"] = published.source;
  }
  return out;
}

}  // namespace mer
