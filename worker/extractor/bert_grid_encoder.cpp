#include <ATen/ATen.h>
#include <cmath>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "model/grid/operations.hpp"
#include "worker/extractor/bert_batches.hpp"
#include "worker/extractor/bert_encoder.hpp"
#include "worker/extractor/bert_weights.hpp"

namespace mer::extractor::bert {
namespace {

using grid::Index;
using grid::Layout;
using Matrix = grid::Rows<float>;

constexpr std::size_t kMostTokens = 8192;  // at a time, but for a text of more
constexpr std::size_t kTextsAtOnce = 512;

grid::Rows<const float> read(Matrix matrix) {
  return {matrix.data, matrix.step};
}

// A layer's weights in the device's memory: of one slot.
struct Placed {
  Index inputs = 0, outputs = 0;
  grid::Stacked<const float> weight, bias;
};

struct PlacedLayer {
  Placed attention, attention_output, attention_norm, intermediate, output, output_norm;
};

// A model in the device's memory.
class PlacedModel {
 public:
  PlacedModel(grid::Runtime& runtime, const ModelWeights& model) : runtime_(runtime), as_they_are_(runtime, 1) {
    words_ = place(model.words);
    positions_ = place(model.positions);
    norm_ = place(model.norm);
    for (const LayerWeights& layer : model.layers) {
      layers_.push_back({place(layer.attention), place(layer.attention_output), place(layer.attention_norm),
                         place(layer.intermediate), place(layer.output), place(layer.output_norm)});
    }
    runtime.clear(as_they_are_.data(), sizeof(const double*));
    runtime.synchronize();
  }

  const float* words() const { return words_; }
  const float* positions() const { return positions_; }
  const Placed& norm() const { return norm_; }
  const std::vector<PlacedLayer>& layers() const { return layers_; }
  const double* const* as_they_are() const { return as_they_are_.data(); }  // no table is standardised

 private:
  const float* place(const at::Tensor& tensor) {
    const auto count = std::size_t(tensor.numel());
    float* const there = memory_.emplace_back(runtime_, count).data();
    runtime_.upload(there, tensor.const_data_ptr<float>(), count * sizeof(float));
    return there;
  }

  Placed place(const Linear& linear) {
    const auto inputs = Index(linear.weight.size(-1)), outputs = Index(linear.bias.size(0));
    return {inputs, outputs, {place(linear.weight), linear.weight.numel()}, {place(linear.bias), linear.bias.numel()}};
  }

  grid::Runtime& runtime_;
  std::deque<grid::Scratch<float>> memory_;
  grid::Scratch<const double*> as_they_are_;
  const float* words_ = nullptr;
  const float* positions_ = nullptr;
  Placed norm_;
  std::vector<PlacedLayer> layers_;
};

// The numbers of a batch that its launches read: a text is a dialogue, its tokens are the turns.
class Tokens {
 public:
  Tokens(std::span<const std::vector<TokenId>> texts, const Batch& batch) : texts_(batch.texts.size()) {
    numbers_ = {std::int32_t(batch.tokens), 0};
    for (const std::size_t text : batch.texts) numbers_.push_back(numbers_.back() + std::int32_t(texts[text].size()));
    for (std::size_t i = 0; i < texts_; ++i)
      append(texts[batch.texts[i]].size(), [&](auto) { return std::int32_t(i); });
    for (const std::size_t text : batch.texts) append(texts[text].size(), [&](auto at) { return texts[text][at]; });
    for (const std::size_t text : batch.texts) append(texts[text].size(), [&](auto at) { return std::int32_t(at); });
    longest_ = texts[batch.texts.back()].size();
    rows_ = batch.tokens;
  }

  const std::vector<std::int32_t>& numbers() const { return numbers_; }
  const std::int32_t* ids(const std::int32_t* there) const { return there + 2 + texts_ + rows_; }
  const std::int32_t* positions(const std::int32_t* there) const { return ids(there) + rows_; }

  // `there`: where the numbers are in the device's memory.
  Layout layout(const std::int32_t* there) const {
    return {.slots = 1,
            .rows = Index(rows_),
            .dialogues = Index(texts_),
            .turns = Index(longest_),
            .row_count = there,
            .dialogue_begin = there + 1,
            .dialogue_of_row = there + 2 + texts_};
  }

 private:
  template <class NumberOf>
  void append(std::size_t count, NumberOf number_of) {
    for (std::size_t i = 0; i < count; ++i) numbers_.push_back(number_of(i));
  }

  std::vector<std::int32_t> numbers_;  // rows; first rows of texts, the end behind; text, token, position of each row
  std::size_t texts_ = 0, rows_ = 0, longest_ = 0;
};

class GridEncoder : public Encoder {
 public:
  GridEncoder(const ModelConfig& config, const ModelWeights& model, std::shared_ptr<grid::Runtime> runtime)
      : config_(config), runtime_(std::move(runtime)), model_(*runtime_, model) {}

  std::vector<std::vector<float>> means(std::span<const std::vector<TokenId>> texts) const override {
    const std::scoped_lock lock(mutex_);
    std::vector<std::vector<float>> means(texts.size());
    for (const Batch& batch : batches_of(texts, kMostTokens)) {
      const std::vector<float> of_all = means_of(Tokens(texts, batch), batch.texts.size());
      for (std::size_t i = 0; i < batch.texts.size(); ++i) {
        const auto begin = of_all.begin() + std::ptrdiff_t(i) * config_.hidden;
        means[batch.texts[i]].assign(begin, begin + config_.hidden);
      }
    }
    return means;
  }

  std::size_t texts_at_once() const override { return kTextsAtOnce; }
  std::pair<std::string, std::string> library() const override { return {"gpu", runtime_->name()}; }

 private:
  // The memory of a batch's activations.
  struct Work {
    Work(grid::Runtime& runtime, const ModelConfig& config, const Layout& layout)
        : hidden(runtime, layout.rows * std::size_t(config.hidden)),
          other(runtime, layout.rows * std::size_t(config.hidden)),
          wide(runtime, layout.rows * std::size_t(std::max(3 * config.hidden, config.intermediate))),
          shares(runtime, layout.rows * std::size_t(config.heads) * layout.turns) {}
    grid::Scratch<float> hidden, other, wide, shares;
  };

  std::vector<float> means_of(const Tokens& tokens, std::size_t texts) const {
    const std::vector<std::int32_t>& numbers = tokens.numbers();
    const grid::Scratch<std::int32_t> there(*runtime_, numbers.size());
    runtime_->upload(there.data(), numbers.data(), numbers.size() * sizeof(std::int32_t));
    const Layout layout = tokens.layout(there.data());
    const Work work(*runtime_, config_, layout);
    const auto width = Index(config_.hidden);
    const Matrix hidden{work.hidden.data(), width}, other{work.other.data(), width};

    look_up(layout, model_.words(), tokens.ids(there.data()), hidden);
    look_up(layout, model_.positions(), tokens.positions(there.data()), other);
    operations().add(*runtime_, count(layout), hidden.data, other.data, hidden.data);
    norm(layout, model_.norm(), hidden, hidden);
    for (const PlacedLayer& layer : model_.layers()) pass(layer, layout, work);

    const Matrix means{work.other.data(), width};
    operations().dialogue_means(*runtime_, {layout, width, read(hidden), means});
    std::vector<float> result(texts * width);
    runtime_->download(result.data(), means.data, result.size() * sizeof(float));
    runtime_->synchronize();
    return result;
  }

  // work.hidden becomes what the layer makes of it.
  void pass(const PlacedLayer& layer, const Layout& layout, const Work& work) const {
    const auto width = Index(config_.hidden);
    const Matrix hidden{work.hidden.data(), width}, other{work.other.data(), width};
    const Matrix projected{work.wide.data(), 3 * std::int64_t(width)};
    const Matrix wide{work.wide.data(), config_.intermediate};

    linear(layout, layer.attention, hidden, projected);
    attend(layout, projected, work.shares.data(), other);
    const Matrix output{work.wide.data(), width};  // the projection has been read
    linear(layout, layer.attention_output, other, output);
    operations().add(*runtime_, count(layout), output.data, hidden.data, hidden.data);
    norm(layout, layer.attention_norm, hidden, hidden);

    const bool is_relu = config_.activation == Activation::relu;
    linear(layout, layer.intermediate, hidden, wide, is_relu ? grid::Activation::relu : grid::Activation::none);
    if (!is_relu) {
      operations().gelu(*runtime_,
                        {layout, Index(config_.intermediate), config_.activation == Activation::gelu_new, wide});
    }
    linear(layout, layer.output, wide, other);
    operations().add(*runtime_, count(layout), other.data, hidden.data, hidden.data);
    norm(layout, layer.output_norm, hidden, hidden);
  }

  void look_up(const Layout& layout, const float* table, const std::int32_t* rows, Matrix to) const {
    operations().gather_features(*runtime_, {layout, Index(config_.hidden), table, rows, model_.as_they_are(), to});
  }
  void linear(const Layout& layout, const Placed& layer, Matrix x, Matrix y,
              grid::Activation activation = grid::Activation::none) const {
    operations().linear(*runtime_,
                        {layout, layer.inputs, layer.outputs, activation, read(x), layer.weight, layer.bias, y});
  }
  void norm(const Layout& layout, const Placed& norm, Matrix x, Matrix y) const {
    operations().layer_norm(*runtime_, {layout, norm.outputs, config_.epsilon, read(x), norm.weight, norm.bias, y});
  }
  // `projected`: query, key and value of each token, side by side.
  void attend(const Layout& layout, Matrix projected, float* shares, Matrix output) const {
    const std::int64_t width = config_.hidden, head = width / config_.heads;
    operations().attention(*runtime_, {.layout = layout,
                                       .heads = Index(config_.heads),
                                       .head_width = Index(head),
                                       .scale = 1 / std::sqrt(double(head)),
                                       .query = read(projected),
                                       .key = read(projected.from_column(width)),
                                       .value = read(projected.from_column(2 * width)),
                                       .output = output,
                                       .shares = shares});
  }

  std::size_t count(const Layout& layout) const { return std::size_t(layout.rows) * std::size_t(config_.hidden); }
  const grid::Operations<float>& operations() const { return runtime_->operations_in_float(); }

  ModelConfig config_;
  std::shared_ptr<grid::Runtime> runtime_;
  PlacedModel model_;
  mutable std::mutex mutex_;
};

}  // namespace

Result<std::unique_ptr<const Encoder>> encoder_on_grid(const Folder& folder, std::shared_ptr<grid::Runtime> runtime) {
  MER_ASSIGN(const ModelWeights model, read_weights(folder));
  return std::unique_ptr<const Encoder>(std::make_unique<const GridEncoder>(folder.config, model, std::move(runtime)));
}

}  // namespace mer::extractor::bert
