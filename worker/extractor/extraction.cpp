#include "worker/extractor/extraction.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "core/joined.hpp"
#include "core/json.hpp"
#include "core/quoting.hpp"
#include "core/sha256.hpp"
#include "core/unix_time.hpp"
#include "core/version.hpp"
#include "data/content_hash.hpp"
#include "data/corpus_format.hpp"
#include "data/feature_names.hpp"
#include "data/safetensors.hpp"
#include "worker/extractor/inputs.hpp"
#include "worker/extractor/partial_matrix.hpp"
#include "worker/extractor/row_pool.hpp"

namespace mer::extractor {
namespace {

using data::Provenance;
using data::Published;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds kSync{1};

Provenance provenance_of(const std::string& name, const Method& method) {
  nlohmann::json versions = method.versions();
  versions["mer"] = code_version();
  return {name, method.parameters().dump(), versions.dump(), "", ""};
}

// Of the feature file. The names have a line each.
std::map<std::string, std::string> metadata_of(const Provenance& made, const Method& method) {
  std::map<std::string, std::string> metadata = {
      {"method", made.method}, {"parameters", made.parameters}, {"versions", made.versions}};
  const std::string lines = joined(method.names(), "\n");
  if (!lines.empty()) metadata[data::kNamesMetadata] = lines;
  return metadata;
}

// Digests of the inputs, row by row, as one hash with the utterances that they belong to.
std::string hash_of(const Inputs& inputs, const std::vector<std::string>& digests) {
  data::ContentHash hash("mer inputs 1");
  for (std::size_t row = 0; row < digests.size(); ++row) {
    hash.text(inputs.utterance(row));
    hash.text(digests[row]);
  }
  return hash.hex();
}

// One line: what rows must have in common to stand in one file.
std::string key_of(const Provenance& made, const Inputs& inputs) {
  data::ContentHash table("mer utterances 1");
  for (std::size_t row = 0; row < inputs.rows(); ++row) table.text(inputs.utterance(row));
  return nlohmann::json{{"format", 1},
                        {"method", made.method},
                        {"parameters", nlohmann::json::parse(made.parameters)},
                        {"versions", nlohmann::json::parse(made.versions)},
                        {"utterances", table.hex()}}
      .dump();
}

// The work of all threads on one file.
class Extraction {
 public:
  Extraction(const Inputs& inputs, const Method& method, PartialMatrix& matrix, Listener& listener)
      : inputs_(inputs),
        method_(method),
        names_(method.names()),
        matrix_(matrix),
        listener_(listener),
        digests_(inputs.rows()) {}

  // Error: the file cannot be written.
  Result<Outcome> run(int jobs) {
    const std::size_t groups = (inputs_.rows() + method_.inputs_at_once() - 1) / method_.inputs_at_once();
    bool whole = true;
    for_each_row(
        groups, jobs, [&](std::size_t group) { return take(group); },
        [&](PoolState state) {
          whole = state.done == groups;
          return watch(state);
        });
    if (!written_) return written_.error();
    MER_TRY(matrix_.sync());
    Outcome outcome{.dim = method_.dim(), .utterances = inputs_.rows(), .computed = computed_, .zeros = zeros_};
    for (auto& [row, reason] : failures_) outcome.failures.push_back({inputs_.utterance(row), std::move(reason)});
    outcome.end = !whole              ? Outcome::End::stopped
                  : failures_.empty() ? Outcome::End::written
                                      : Outcome::End::some_failed;
    return outcome;
  }

  const std::vector<std::string>& digests() const { return digests_; }

 private:
  // Rows that are computed together, whatever of them is held already: their numbers may depend on each other by
  // rounding, and are to be the same as if nothing had come between. False: nothing more can be written.
  bool take(std::size_t group) {
    const std::size_t step = method_.inputs_at_once();
    std::vector<std::size_t> rows;
    std::vector<std::string> texts;
    for (std::size_t row = group * step; row < std::min(inputs_.rows(), (group + 1) * step); ++row) {
      Result<std::string> input = inputs_.read(row);
      if (!input) {
        fail(row, input.error().message);
        continue;
      }
      digests_[row] = short_hash(*input);
      rows.push_back(row);
      texts.push_back(std::move(*input));
    }
    if (take_held(rows)) return true;
    const auto features = method_.features_of(texts);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!settle(rows[i], features[i])) return false;
    }
    return true;
  }

  // True: all of them were held, and are counted.
  bool take_held(const std::vector<std::size_t>& rows) {
    std::vector<std::vector<float>> held;
    for (const std::size_t row : rows) {
      auto kept = matrix_.held(row, digests_[row]);
      if (!kept) return false;
      held.push_back(std::move(*kept));
    }
    for (const std::vector<float>& values : held) count(values, false);
    return true;
  }

  bool settle(std::size_t row, const Result<std::vector<float>>& features) {
    if (!features) return fail(row, inputs_.where(row) + ": " + features.error().message);
    if (!std::ranges::all_of(*features, [](float value) { return std::isfinite(value); })) {
      return fail(row, inputs_.where(row) + ": " + not_finite(*features));
    }
    if (Status put = matrix_.put(row, digests_[row], *features); !put) {
      const std::scoped_lock lock(mutex_);
      written_ = std::move(put);
      return false;
    }
    return count(*features, true);
  }

  bool count(std::span<const float> values, bool computed) {
    const bool zero = std::ranges::all_of(values, [](float value) { return value == 0; });
    const std::scoped_lock lock(mutex_);
    if (zero) ++zeros_;
    ++(computed ? computed_ : kept_);
    return true;
  }

  std::string not_finite(const std::vector<float>& values) const {
    const auto finite = [](float value) { return std::isfinite(value); };
    const auto first = std::size_t(std::ranges::find_if_not(values, finite) - values.begin());
    const auto all = std::ranges::count_if(values, std::not_fn(finite));
    return std::to_string(all) + " of its features " + (all == 1 ? "is" : "are") + " not finite, the first is " +
           (names_.empty() ? "number" : names_[first] + ", number") + " " + std::to_string(first);
  }

  bool fail(std::size_t row, std::string reason) {
    const std::scoped_lock lock(mutex_);
    failures_.emplace(row, std::move(reason));
    return true;
  }

  bool watch(PoolState state) {
    Progress progress{.total = inputs_.rows()};
    const auto now = Clock::now();
    {
      const std::scoped_lock lock(mutex_);
      progress.failed = failures_.size();
      progress.done = computed_ + kept_ + failures_.size();
      progress.running = std::min(state.running * method_.inputs_at_once(), progress.total - progress.done);
      const std::size_t worked = computed_ + failures_.size();
      if (worked > 0) {
        progress.seconds_left = Seconds(now - begun_).count() / double(worked) * double(progress.total - progress.done);
      }
    }
    listener_.show(progress);
    if (now - synced_ >= kSync) {
      synced_ = now;
      Status synced = matrix_.sync();
      const std::scoped_lock lock(mutex_);
      if (!synced && written_) written_ = std::move(synced);
    }
    const std::scoped_lock lock(mutex_);
    return written_.ok() && !listener_.stop();
  }

  const Inputs& inputs_;
  const Method& method_;
  const std::vector<std::string> names_;
  PartialMatrix& matrix_;
  Listener& listener_;
  std::vector<std::string> digests_;  // each row's by the thread that has it
  const Clock::time_point begun_ = Clock::now();
  Clock::time_point synced_ = begun_;

  std::mutex mutex_;
  std::map<std::size_t, std::string> failures_;
  std::size_t computed_ = 0, kept_ = 0, zeros_ = 0;
  Status written_;
};

// Of inputs that are read and not computed with; empty: one cannot be read, or the listener has had enough.
std::string hash_of_all(const Inputs& inputs, int jobs, Listener& listener) {
  std::vector<std::string> digests(inputs.rows());
  for_each_row(
      inputs.rows(), jobs,
      [&](std::size_t row) {
        const Result<std::string> input = inputs.read(row);
        if (input) digests[row] = short_hash(*input);
        return input.ok();
      },
      [&](PoolState state) {
        listener.show({.done = state.done, .running = state.running, .total = inputs.rows()});
        return !listener.stop();
      });
  return std::ranges::find(digests, "") == digests.end() ? hash_of(inputs, digests) : "";
}

// A line for each library, and mer, whose version is another one now.
void say_versions(const std::string& modality, const Provenance& made, const Provenance& wanted, Listener& listener) {
  const nlohmann::json before = nlohmann::json::parse(made.versions, nullptr, false);
  const nlohmann::json now = nlohmann::json::parse(wanted.versions);
  for (const auto& [name, version] : now.items()) {
    const std::string old = before.is_object() && before.contains(name) ? shown(before[name]) : "another version";
    if (old != shown(version)) {
      listener.say(modality + ": made with " + name + " " + old + ", this is " + shown(version));
    }
  }
}

// Why the file that corpus.json names is not the one that was written; empty: it has its shape.
std::string damage_of(const Request& request, std::size_t rows, int dim) {
  const std::string path = request.folder + "/" + data::feature_file(request.modality);
  const auto file = data::SafetensorsFile::open(path);
  if (!file) return file.error().message;
  const auto tensor = file->find(data::kFeatureTensor);
  if (!tensor) return tensor.error().message;
  const std::vector<std::int64_t> expected = {std::int64_t(rows), dim};
  return tensor->shape == expected ? "" : path + ": has another shape than the corpus";
}

// What stands there already; nullopt: nothing, or it is to be replaced. Error: it is something else.
Result<std::optional<Outcome>> standing(const Request& request, const Published& there, const Provenance& wanted,
                                        const Inputs& inputs, int dim, Listener& listener) {
  if (!there.named || request.replace) return std::optional<Outcome>();
  const std::string where = request.folder + "/" + data::kCorpusJson + " has features for " + quote(request.modality);
  const std::string remedy = "; --replace puts others in their place";
  if (!there.made) return invalid(where + " that were not extracted by mer" + remedy);
  if (there.made->method != wanted.method) {
    return invalid(where + " by the method " + quote(there.made->method) + ", not " + quote(wanted.method) + remedy);
  }
  if (there.made->parameters != wanted.parameters) {
    return invalid(where + " with the parameters " + there.made->parameters + ", not " + wanted.parameters + remedy);
  }
  if (const std::string damage = damage_of(request, inputs.rows(), dim); !damage.empty()) {
    listener.say(request.modality + ": computed anew: " + damage);
    return std::optional<Outcome>();
  }
  const std::string hash = hash_of_all(inputs, request.jobs, listener);
  Outcome outcome{.end = Outcome::End::already_there, .utterances = inputs.rows(), .made = *there.made};
  if (hash != there.made->inputs) {
    outcome.end = Outcome::End::stopped;
    if (listener.stop()) return std::optional(std::move(outcome));
    return invalid(where + " of other inputs: recordings or transcripts have changed, or cannot be read" + remedy);
  }
  say_versions(request.modality, *there.made, wanted, listener);
  return std::optional(std::move(outcome));
}

Status put_in_place(const Request& request, PartialMatrix& matrix, const Outcome& outcome) {
  const data::PublishedFeatures features{request.modality, outcome.dim, data::record_of(outcome.made)};
  MER_TRY(data::publish(request.folder, features, [&matrix] { return matrix.complete(); }));
  return matrix.forget();
}

}  // namespace

Result<Outcome> extract(const Request& request, const Method& method, const data::Recordings& recordings,
                        Listener& listener) {
  const Inputs inputs(request.folder, recordings, request.input);
  MER_TRY(inputs.check_root());
  Provenance made = provenance_of(request.method, method);
  MER_ASSIGN(const Published there, data::published(request.folder, request.modality));
  MER_ASSIGN(std::optional<Outcome> already, standing(request, there, made, inputs, method.dim(), listener));
  const std::filesystem::path file = std::filesystem::path(request.folder) / data::feature_file(request.modality);
  if (already) {
    already->dim = method.dim();
    if (already->end == Outcome::End::already_there) MER_TRY(remove_partial(file));
    return *already;
  }
  MER_ASSIGN(PartialMatrix matrix, PartialMatrix::open({.file = file,
                                                        .rows = inputs.rows(),
                                                        .dim = method.dim(),
                                                        .metadata = metadata_of(made, method),
                                                        .key = key_of(made, inputs),
                                                        .published = there.named}));
  if (matrix.discarded()) listener.say(request.modality + ": a run that was made in another way is discarded");
  if (matrix.journalled() > 0) {
    listener.say(request.modality + ": goes on with " + std::to_string(matrix.journalled()) + " of " +
                 std::to_string(inputs.rows()) + " utterances");
  }
  Extraction extraction(inputs, method, matrix, listener);
  MER_ASSIGN(Outcome outcome, extraction.run(request.jobs));
  if (outcome.end != Outcome::End::written) return outcome;
  made.inputs = hash_of(inputs, extraction.digests());
  made.extracted = data::utc_text(unix_time());
  outcome.made = made;
  MER_TRY(put_in_place(request, matrix, outcome));
  return outcome;
}

}  // namespace mer::extractor
