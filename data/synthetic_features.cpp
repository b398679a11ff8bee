#include "data/synthetic_features.hpp"

#include <array>
#include <unordered_map>

#include "core/philox.hpp"

namespace mer::data {
namespace {

// An utterance has latents from three sources of four each: one that both modalities see, one of the audio, one of the
// text. Latent k of a source is noise of unit spread, plus the source's strength where k is the utterance's class. The
// audio also has four latents of its speaker. A feature is a mix of its modality's latents plus noise of its own.
constexpr std::size_t kGroup = 4;  // one Philox block makes four latents
using Group = std::array<std::int32_t, kGroup>;

struct Strengths {
  std::int32_t shared, unique, speaker, noise;  // in hundredths of a unit
};
constexpr Strengths kAudio = {70, 85, 60, 200};
constexpr Strengths kText = {70, 120, 0, 200};

constexpr std::int32_t kUnit = 148;  // the spread (standard deviation) of bell()
constexpr std::int32_t kMixing = 8;  // mixing weights are whole numbers from -8 to 8
constexpr float kScale = 0x1p-11F;   // of the sum of latents: features spread by about 1
constexpr std::int32_t kOffset = 1 << 13;

// Bell-shaped, mean 0, spread kUnit: the sum of four bytes (exact, where a normal from libm would not be).
std::int32_t bell(std::uint32_t word) {
  return std::int32_t((word & 0xFF) + ((word >> 8) & 0xFF) + ((word >> 16) & 0xFF) + (word >> 24)) - 510;
}

class FeatureMaker {
 public:
  FeatureMaker(SyntheticModality modality, int dim, std::uint64_t seed)
      : modality_(modality),
        strengths_(modality == SyntheticModality::audio ? kAudio : kText),
        dim_(std::size_t(dim)),
        key_(philox_key(seed, RandomPurpose::synthetic_corpus)),
        weights_(kLatents * dim_),
        offsets_(dim_),
        scales_(dim_, kScale),
        sums_((dim_ + kGroup - 1) / kGroup * kGroup) {
    draw_columns();
  }

  void make_row(const Utterance& utterance, std::uint32_t row, std::uint32_t speaker, std::span<float> out) {
    const auto label = std::size_t(utterance.label);
    const std::array<Group, 3> groups = {latents(row, 0, label, strengths_.shared),
                                         latents(row, 1 + std::uint32_t(modality_), label, strengths_.unique),
                                         speaker_latents(speaker)};
    draw_noise(row);
    for (std::size_t k = 0; k < kLatents; ++k) {
      const std::int32_t latent = groups[k / kGroup][k % kGroup];
      const std::int32_t* weights = &weights_[k * dim_];
      for (std::size_t j = 0; j < dim_; ++j) sums_[j] += latent * weights[j];
    }
    for (std::size_t j = 0; j < dim_; ++j) out[j] = float(sums_[j] + offsets_[j]) * scales_[j];
  }

 private:
  static constexpr std::size_t kLatents = 3 * kGroup;

  PhiloxBlock draw(SyntheticStream stream, std::uint32_t a, std::uint32_t b = 0, std::uint32_t c = 0) const {
    return philox4x32({std::uint32_t(stream), a, b, c}, key_);
  }

  // Mixing weights of every column; in the audio also an offset and a power of two as scale, so that standardisation
  // has something to do.
  void draw_columns() {
    const auto modality = std::uint32_t(modality_);
    for (std::uint32_t j = 0; j < dim_; ++j) {
      for (std::uint32_t group = 0; group < kLatents / kGroup; ++group) {
        const PhiloxBlock block = draw(SyntheticStream::mixing, modality, j, group);
        for (std::size_t k = 0; k < kGroup; ++k) {
          weights_[(group * kGroup + k) * dim_ + j] =
              std::int32_t((std::uint64_t{block[k]} * (2 * kMixing + 1)) >> 32) - kMixing;
        }
      }
      if (modality_ != SyntheticModality::audio) continue;
      const PhiloxBlock block = draw(SyntheticStream::column, modality, j);
      offsets_[j] = std::int32_t(block[0] % (2 * kOffset)) - kOffset;
      scales_[j] = kScale * float(1U << (block[1] % 7)) * 0.125F;
    }
  }

  Group latents(std::uint32_t row, std::uint32_t source, std::size_t label, std::int32_t strength) const {
    const PhiloxBlock block = draw(SyntheticStream::latent, row, source);
    Group group{};
    for (std::size_t k = 0; k < kGroup; ++k) group[k] = bell(block[k]);
    group[label] += strength * kUnit / 100;
    return group;
  }

  Group speaker_latents(std::uint32_t speaker) const {
    const PhiloxBlock block = draw(SyntheticStream::speaker, speaker);
    Group group{};
    for (std::size_t k = 0; k < kGroup; ++k) group[k] = bell(block[k]) * strengths_.speaker / 100;
    return group;
  }

  // The noise is as strong, against one latent, as strengths_.noise says (a weight's spread is about 5).
  void draw_noise(std::uint32_t row) {
    const std::int32_t weight = 5 * strengths_.noise / 100;
    for (std::uint32_t j = 0; j < sums_.size(); j += kGroup) {
      const PhiloxBlock block = draw(SyntheticStream::noise, std::uint32_t(modality_), row, j / kGroup);
      for (std::size_t k = 0; k < kGroup; ++k) sums_[j + k] = bell(block[k]) * weight;
    }
  }

  SyntheticModality modality_;
  Strengths strengths_;
  std::size_t dim_;
  std::array<std::uint32_t, 2> key_;
  std::vector<std::int32_t> weights_;  // [latent][column]
  std::vector<std::int32_t> offsets_;
  std::vector<float> scales_;
  std::vector<std::int32_t> sums_;  // of the row being made, padded to whole groups
};

}  // namespace

FeatureMatrix synthetic_features(SyntheticModality modality, int dim, const std::vector<Utterance>& utterances,
                                 std::uint64_t seed) {
  const auto values = std::make_shared<std::vector<float>>(utterances.size() * std::size_t(dim));
  FeatureMaker maker(modality, dim, seed);
  std::unordered_map<std::string, std::uint32_t> speakers;
  for (std::size_t row = 0; row < utterances.size(); ++row) {
    const std::uint32_t speaker =
        speakers.emplace(utterances[row].speaker, std::uint32_t(speakers.size())).first->second;
    maker.make_row(utterances[row], std::uint32_t(row), speaker,
                   std::span(*values).subspan(row * std::size_t(dim), std::size_t(dim)));
  }
  FeatureMatrix features;
  features.modality = modality == SyntheticModality::audio ? "audio" : "text";
  features.dim = dim;
  features.values = *values;
  features.storage = values;
  return features;
}

}  // namespace mer::data
