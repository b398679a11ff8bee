#include "storage/reader_call.hpp"

#include <charconv>
#include <utility>

#include "storage/codec.hpp"
#include "storage/reader_codec.hpp"

namespace mer::storage {
namespace {

Error wrong(const std::string& key, const std::string& value) {
  return invalid("parameter " + key + ": cannot be \"" + value + "\"");
}

class Asked {
 public:
  explicit Asked(const ReaderCall& call) : call_(call) {}

  std::string text(const std::string& key) const {
    const auto found = call_.parameters.find(key);
    return found == call_.parameters.end() ? std::string() : found->second;
  }
  TrialId trial() const { return {text("trial")}; }
  Result<SweepId> sweep() const {
    MER_ASSIGN(const std::int64_t number, whole_number("sweep"));
    return SweepId{number};
  }
  Result<std::int64_t> whole_number(const std::string& key) const {
    const std::string word = text(key);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (word.empty() || error != std::errc() || end != word.data() + word.size()) return wrong(key, word);
    return number;
  }
  Result<Configurations> configurations() const {
    const std::string list = text("configurations");
    if (list.empty()) return Configurations();
    Result<Configurations> positions = integers_from_json(list);
    return positions ? std::move(positions) : wrong("configurations", list);
  }
  template <class E>
  Result<E> one_of(const std::string& key, std::optional<E> (*from)(const std::string&)) const {
    const std::string word = text(key);
    if (const std::optional<E> value = from(word)) return *value;
    return wrong(key, word);
  }

 private:
  const ReaderCall& call_;
};

Result<std::vector<EpochRow>> curve(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const Split split, asked.one_of("split", split_from));
  return reader.curve(asked.trial(), split);
}

Result<SweepDetail> sweep(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SweepId id, asked.sweep());
  return reader.sweep(id);
}

Result<std::vector<TrialRow>> trials(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SweepId id, asked.sweep());
  MER_ASSIGN(const Configurations only, asked.configurations());
  return reader.trials(id, only);
}

Result<Timeline> timeline(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SweepId id, asked.sweep());
  MER_ASSIGN(const std::int64_t offset, asked.whole_number("offset"));
  MER_ASSIGN(const std::int64_t limit, asked.whole_number("limit"));
  return reader.timeline(id, offset, limit);
}

Result<std::vector<ResultRow>> results(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SweepId id, asked.sweep());
  MER_ASSIGN(const SelectionRule rule, asked.one_of("rule", selection_rule_from));
  MER_ASSIGN(const Metric metric, asked.one_of("metric", metric_from));
  MER_ASSIGN(const Configurations only, asked.configurations());
  return reader.results(id, rule, metric, only);
}

Result<std::vector<TrialConfusion>> confusions(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SweepId id, asked.sweep());
  MER_ASSIGN(const SelectionRule rule, asked.one_of("rule", selection_rule_from));
  MER_ASSIGN(const Metric metric, asked.one_of("metric", metric_from));
  MER_ASSIGN(const Configurations only, asked.configurations());
  return reader.confusions(id, rule, metric, only);
}

Result<Selected> selected(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SelectionRule rule, asked.one_of("rule", selection_rule_from));
  MER_ASSIGN(const Metric metric, asked.one_of("metric", metric_from));
  return reader.selected(asked.trial(), rule, metric);
}

Result<std::vector<Prediction>> predictions(ResultReader& reader, const Asked& asked) {
  MER_ASSIGN(const SelectionRule rule, asked.one_of("rule", selection_rule_from));
  MER_ASSIGN(const Metric metric, asked.one_of("metric", metric_from));
  return reader.predictions(asked.trial(), rule, metric);
}

Result<std::int64_t> reusable(ResultReader& reader, const Asked& asked, const SubmissionOf& submission_of) {
  MER_ASSIGN(const Submission submission, submission_of(asked.text("file")));
  return reader.count_reusable(submission);
}

}  // namespace

std::optional<std::string> answer_call(ResultReader& reader, const ReaderCall& call, const SubmissionOf& submission) {
  const Asked asked(call);
  if (call.name == "sweeps") return answer_of(reader.sweeps());
  if (call.name == "find-sweep") return answer_of(reader.find_sweep(asked.text("name")));
  if (call.name == "sweep") return answer_of(sweep(reader, asked));
  if (call.name == "trials") return answer_of(trials(reader, asked));
  if (call.name == "timeline") return answer_of(timeline(reader, asked));
  if (call.name == "find-trial") return answer_of(reader.find_trial(asked.text("prefix")));
  if (call.name == "trial") return answer_of(reader.trial(asked.trial()));
  if (call.name == "curve") return answer_of(curve(reader, asked));
  if (call.name == "results") return answer_of(results(reader, asked));
  if (call.name == "confusions") return answer_of(confusions(reader, asked));
  if (call.name == "selected") return answer_of(selected(reader, asked));
  if (call.name == "predictions") return answer_of(predictions(reader, asked));
  if (call.name == "reusable") return answer_of(reusable(reader, asked, submission));
  if (call.name == "version") return answer_of(reader.data_version());
  return std::nullopt;
}

}  // namespace mer::storage
