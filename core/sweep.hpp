// Sweep: one submitted sweep file, resolved: every configuration written out, paths absolute.
//
// Threads: plain values. Source: design of the sweep file in README.md and configs/sweep.schema.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/settings.hpp"
#include "core/trial.hpp"

namespace mer {

// Where a corpus comes from: a folder, or a synthetic preset. Exactly one of path and synthetic is set.
struct CorpusSource {
  std::string path;        // absolute
  std::string synthetic;   // preset: "iemocap", "msp-improv"
  std::uint64_t seed = 0;  // of the preset

  bool operator==(const CorpusSource&) const = default;
  auto operator<=>(const CorpusSource&) const = default;
};

enum class FoldSchemeKind { session_holdout, session, speaker, speaker_pairs, explicit_file };
enum class ValidationKind { none, partner, next_session, dialogues };
enum class FoldContext { own, full };
std::string to_string(FoldSchemeKind);  // "session-holdout", "session", "speaker", "speaker-pairs", "explicit"
std::string to_string(ValidationKind);  // "none", "partner", "next-session", "dialogues"
std::string to_string(FoldContext);     // "own", "full"

struct FoldSettings {
  FoldSchemeKind scheme = FoldSchemeKind::session;
  std::string test;  // session-holdout: the session tested; empty: the last
  std::string file;  // explicit: absolute path
  ValidationKind validation = ValidationKind::none;
  double validation_fraction = 0;  // dialogues: share of the training dialogues, (0, 1)
  FoldContext context = FoldContext::own;
  std::uint64_t seed = 0;  // dialogues: of the draw

  bool operator==(const FoldSettings&) const = default;
};

struct Configuration {
  ConfigurationId id;  // empty until its corpus and folds are known (plan_sweep)
  CorpusSource corpus;
  FoldSettings folds;
  ModelSettings model;
  TrainSettings train;
  // The keys in which the sweep's configurations differ, with this one's values, e.g. {"model.alpha", "0.1"}; the
  // values are JSON text. Names the configuration in tables.
  std::vector<std::pair<std::string, std::string>> differing;
};

struct SelectSettings {
  SelectionRule epoch = SelectionRule::last;
  Metric metric = Metric::macro_f1;  // also decides best-validation and best-test
  bool operator==(const SelectSettings&) const = default;
};

struct ResourceSettings {
  DeviceChoice device = DeviceChoice::automatic;
  int stack = 0;  // trials in a stack; 0 = auto
  int threads = 1;
  double gpu_fraction = 1;          // of a GPU, for each trainer on it
  int gpus_per_trial = 1;           // workers, each with its GPU or cores, that train a stack together
  bool broadcast_features = false;  // one worker reads the corpus, the other machines get copies
  bool operator==(const ResourceSettings&) const = default;
};

// A number from the literature, shown beside ours.
struct Published {
  std::string label;
  Metric metric = Metric::macro_f1;
  double value = 0;         // fraction
  std::string source = {};  // citation; empty: none given
  bool operator==(const Published&) const = default;
};

struct Sweep {
  std::string name;
  std::vector<std::uint64_t> seeds = {0};
  std::vector<Configuration> configurations;  // in the order of the file's expansion, without duplicates
  SelectSettings select;
  ResourceSettings resources;
  int max_attempts = 3;
  bool record_representations = false;
  std::vector<Published> published;
  std::string resolved_json;  // the whole sweep, resolved, canonical: what the store keeps and compares
};

}  // namespace mer
