#include "data/corpus_facts.hpp"

#include <algorithm>
#include <map>

#include "core/json.hpp"
#include "data/median.hpp"
#include "data/natural_order.hpp"

namespace mer::data {
namespace {

using nlohmann::ordered_json;
using Counts = std::vector<std::int64_t>;  // by label
using CountsByKey = std::map<std::string, Counts, NaturalLess>;

ordered_json counts_json(const Corpus& corpus, const Counts& counts) {
  ordered_json json = ordered_json::object();
  for (std::size_t label = 0; label < counts.size(); ++label) json[corpus.labels[label]] = counts[label];
  return json;
}

ordered_json groups_json(const Corpus& corpus, const CountsByKey& groups) {
  ordered_json json = ordered_json::object();
  for (const auto& [key, counts] : groups) json[key] = counts_json(corpus, counts);
  return json;
}

ordered_json dialogues_json(const Corpus& corpus) {
  std::vector<std::size_t> turns;
  for (const Dialogue& dialogue : corpus.dialogues) turns.push_back(dialogue.rows.size());
  if (turns.empty()) return {{"count", 0}};
  std::ranges::sort(turns);
  return {{"count", turns.size()},
          {"fewest_turns", turns.front()},
          {"median_turns", median_of(turns)},
          {"mean_turns", double(corpus.utterances.size()) / double(turns.size())},
          {"most_turns", turns.back()}};
}

}  // namespace

std::string corpus_facts(const Corpus& corpus) {
  Counts labels(corpus.labels.size());
  CountsByKey sessions, speakers;
  std::int64_t unlabelled = 0;
  for (const Utterance& utterance : corpus.utterances) {
    if (utterance.label == kNoLabel) {
      ++unlabelled;
      continue;
    }
    const auto label = std::size_t(utterance.label);
    ++labels[label];
    ++sessions.try_emplace(utterance.session, corpus.labels.size()).first->second[label];
    ++speakers.try_emplace(utterance.speaker, corpus.labels.size()).first->second[label];
  }
  ordered_json modalities = ordered_json::object();
  for (const FeatureMatrix& features : corpus.features) modalities[features.modality] = features.dim;
  const ordered_json facts = {{"utterances", corpus.utterances.size()},
                              {"unlabelled", unlabelled},
                              {"modalities", modalities},
                              {"labels", counts_json(corpus, labels)},
                              {"dialogues", dialogues_json(corpus)},
                              {"sessions", groups_json(corpus, sessions)},
                              {"speakers", groups_json(corpus, speakers)}};
  return facts.dump();
}

}  // namespace mer::data
