#include "data/synthetic_corpus.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <numeric>

#include "core/check.hpp"
#include "core/philox.hpp"
#include "core/quoting.hpp"
#include "data/synthetic_features.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kClasses = 4;
using ClassCounts = std::array<int, kClasses>;

// A point of the curve of dialogue lengths: `percent` of the dialogues have at most `turns` turns.
struct LengthPoint {
  int percent;
  int turns;
};

struct Preset {
  const char* name;
  const char* title;
  std::vector<int> dialogues;  // of each session
  ClassCounts counts;          // paper, Table 1: happy, sad, neutral, angry
  std::array<LengthPoint, 6> lengths;
  const char* speaker_format;  // of the letter F or M and the session's number
  int audio_dim, text_dim;
};

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {{"iemocap",
                                           "synthetic corpus with the shape of IEMOCAP, 4 classes",
                                           {28, 30, 32, 30, 31},
                                           {1636, 1084, 1708, 1103},
                                           {{{0, 5}, {25, 24}, {50, 37}, {75, 47}, {95, 65}, {100, 110}}},
                                           "Ses%2$02d%1$c",
                                           6373,
                                           768},
                                          {"msp-improv",
                                           "synthetic corpus with the shape of MSP-Improv, 4 classes",
                                           {107, 107, 107, 107, 106, 106},
                                           {999, 627, 1733, 460},
                                           {{{0, 1}, {25, 3}, {50, 5}, {75, 7}, {95, 13}, {100, 38}}},
                                           "%1$c%2$02d",
                                           100,
                                           768}};
  return all;
}

// Draws of one seed, each named by what it is for and where.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : key_(philox_key(seed, RandomPurpose::synthetic_corpus)) {}

  // A whole number in [0, bound).
  std::uint32_t below(std::uint32_t bound, SyntheticStream stream, std::uint32_t a, std::uint32_t b = 0) const {
    const PhiloxBlock block = philox4x32({std::uint32_t(stream), a, b, 0}, key_);
    return std::uint32_t((std::uint64_t{block[0]} * bound) >> 32);
  }

 private:
  std::array<std::uint32_t, 2> key_;
};

// The curve at dialogue `index` of `count`, straight between its points, rounded.
template <std::size_t N>
int length_at(const std::array<LengthPoint, N>& curve, int index, int count) {
  const int at = 100 * index, last = count - 1;  // in hundredths of `last`
  const auto upper = std::ranges::find_if(curve.begin() + 1, curve.end(),
                                          [&](const LengthPoint& point) { return at <= point.percent * last; });
  const LengthPoint low = *(upper - 1), high = *upper;
  const int width = (high.percent - low.percent) * last;
  return low.turns + ((high.turns - low.turns) * (at - low.percent * last) + width / 2) / width;
}

// Lengths along the preset's curve, corrected above the median (but for the longest) until they sum to `turns`, in
// random order.
std::vector<int> dialogue_lengths(const Preset& preset, int turns, const Draws& draws) {
  const int count = std::accumulate(preset.dialogues.begin(), preset.dialogues.end(), 0);
  std::vector<int> lengths(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) lengths[std::size_t(i)] = length_at(preset.lengths, i, count);
  const int median = preset.lengths[2].turns, longest = preset.lengths.back().turns;
  int missing = turns - std::accumulate(lengths.begin(), lengths.end(), 0);
  for (std::size_t i = lengths.size() / 2 + 1; missing != 0; ++i) {
    if (i == lengths.size() - 1) i = lengths.size() / 2 + 1;
    const int step = missing > 0 ? 1 : -1;
    if (lengths[i] + step <= median || lengths[i] + step >= longest) continue;
    lengths[i] += step;
    missing -= step;
  }
  for (std::uint32_t i = std::uint32_t(lengths.size()); i > 1; --i) {
    std::swap(lengths[i - 1], lengths[draws.below(i, SyntheticStream::length_order, i)]);
  }
  return lengths;
}

std::string format(const char* pattern, auto... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

// The utterances without their labels. Two speakers take turns; three times in four the other one is next.
std::vector<Utterance> make_turns(const Preset& preset, const Draws& draws) {
  const int total = std::accumulate(preset.counts.begin(), preset.counts.end(), 0);
  const std::vector<int> lengths = dialogue_lengths(preset, total, draws);
  std::vector<Utterance> utterances;
  std::uint32_t dialogue = 0;
  for (std::size_t session = 0; session < preset.dialogues.size(); ++session) {
    const int number = int(session) + 1;
    for (int i = 0; i < preset.dialogues[session]; ++i, ++dialogue) {
      const std::string id = format("S%d_d%03d", number, i + 1);
      bool first_speaks = draws.below(2, SyntheticStream::turn_taking, dialogue) == 0;
      for (int turn = 0; turn < lengths[dialogue]; ++turn) {
        if (turn > 0 && draws.below(4, SyntheticStream::turn_taking, dialogue, std::uint32_t(turn)) != 0) {
          first_speaks = !first_speaks;
        }
        utterances.push_back({.id = id + format("_t%03d", turn),
                              .dialogue = id,
                              .turn = turn,
                              .session = std::to_string(number),
                              .speaker = format(preset.speaker_format, first_speaks ? 'F' : 'M', number)});
      }
    }
  }
  return utterances;
}

// How many utterances of each class every speaker gets: the classes are laid out evenly over all utterances, and each
// speaker takes as long a piece as he or she has turns. Sums are exact for speakers and for classes.
std::map<std::string, ClassCounts> quotas_of(const Preset& preset, const std::vector<Utterance>& utterances) {
  std::map<std::string, int> turns;
  for (const Utterance& utterance : utterances) ++turns[utterance.speaker];
  const auto total = std::int64_t(utterances.size());
  std::map<std::string, ClassCounts> quotas;
  ClassCounts given{};
  std::int64_t position = 0;
  for (const auto& [speaker, count] : turns) {
    ClassCounts& quota = quotas[speaker];
    for (int i = 0; i < count; ++i) {
      ++position;
      std::array<std::int64_t, kClasses> owed{};
      for (std::size_t k = 0; k < kClasses; ++k) owed[k] = preset.counts[k] * position - given[k] * total;
      const auto next = std::size_t(std::ranges::max_element(owed) - owed.begin());
      ++given[next];
      ++quota[next];
    }
  }
  MER_CHECK(given == preset.counts, "every class is dealt out");
  return quotas;
}

// Labels persist: five times in eight a turn has the class of the one before, as far as its speaker's quota goes.
void assign_labels(std::vector<Utterance>& utterances, std::map<std::string, ClassCounts> quotas, const Draws& draws) {
  std::size_t mood = 0;
  for (std::uint32_t row = 0; row < utterances.size(); ++row) {
    ClassCounts& quota = quotas[utterances[row].speaker];
    const bool opens = utterances[row].turn == 0;
    const bool keeps = !opens && draws.below(8, SyntheticStream::mood_change, row) < 5 && quota[mood] > 0;
    if (!keeps) {
      const int left = std::accumulate(quota.begin(), quota.end(), 0);
      int pick = int(draws.below(std::uint32_t(left), SyntheticStream::mood, row));
      for (mood = 0; pick >= quota[mood]; ++mood) pick -= quota[mood];
    }
    --quota[mood];
    utterances[row].label = int(mood);
  }
}

}  // namespace

std::vector<std::string> synthetic_presets() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.emplace_back(preset.name);
  return names;
}

Result<Corpus> make_synthetic(const std::string& preset, std::uint64_t seed) {
  const auto found = std::ranges::find_if(presets(), [&](const Preset& known) { return preset == known.name; });
  if (found == presets().end()) {
    return invalid("no synthetic corpus " + quote(preset) + ", there are " + quote_list(synthetic_presets()));
  }
  const Draws draws(seed);
  Corpus corpus;
  corpus.name = std::string(found->title) + ", seed " + std::to_string(seed);
  corpus.labels = {"happy", "sad", "neutral", "angry"};
  corpus.utterances = make_turns(*found, draws);
  assign_labels(corpus.utterances, quotas_of(*found, corpus.utterances), draws);
  corpus.dialogues = group_dialogues(corpus.utterances);
  corpus.features = {synthetic_features(SyntheticModality::audio, found->audio_dim, corpus.utterances, seed),
                     synthetic_features(SyntheticModality::text, found->text_dim, corpus.utterances, seed)};
  corpus.id = corpus_id_of(corpus);
  return corpus;
}

}  // namespace mer::data
