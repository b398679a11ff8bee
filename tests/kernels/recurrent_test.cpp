#include <cmath>
#include <numeric>

#include "tests/kernels/each_kernel.hpp"

namespace mer::kernels {
namespace {

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

// A layer with all that it is given, in double.
struct Layer {
  Cell cell;
  bool reverse;
  std::int64_t width;
  std::vector<std::int64_t> dialogues;
  std::vector<double> projected, weight, input_bias, hidden_bias;

  std::int64_t rows() const { return dialogues.back(); }
  std::int64_t gates() const { return gates_of(cell) * width; }
};

// PyTorch's equations, one dialogue, one turn, one unit after the other.
std::vector<double> reference(const Layer& layer) {
  std::vector<double> output(std::size_t(layer.rows() * layer.width));
  for (std::size_t d = 0; d + 1 < layer.dialogues.size(); ++d) {
    std::vector<double> h(std::size_t(layer.width)), c(h.size());
    const std::int64_t turns = layer.dialogues[d + 1] - layer.dialogues[d];
    for (std::int64_t t = 0; t < turns; ++t) {
      const std::int64_t row = layer.reverse ? layer.dialogues[d + 1] - 1 - t : layer.dialogues[d] + t;
      const std::vector<double> before = h;
      const auto input = [&](std::int64_t gate, std::int64_t unit) {
        const std::int64_t at = gate * layer.width + unit;
        return layer.projected[std::size_t(row * layer.gates() + at)] + layer.input_bias[std::size_t(at)];
      };
      const auto hidden = [&](std::int64_t gate, std::int64_t unit) {
        const std::int64_t at = gate * layer.width + unit;
        double sum = layer.hidden_bias[std::size_t(at)];
        for (std::int64_t k = 0; k < layer.width; ++k) {
          sum += layer.weight[std::size_t(at * layer.width + k)] * before[std::size_t(k)];
        }
        return sum;
      };
      for (std::int64_t u = 0; u < layer.width; ++u) {
        const auto unit = std::size_t(u);
        if (layer.cell == Cell::gru) {
          const double r = logistic(input(0, u) + hidden(0, u));
          const double z = logistic(input(1, u) + hidden(1, u));
          const double n = std::tanh(input(2, u) + r * hidden(2, u));
          h[unit] = (1 - z) * n + z * before[unit];
        } else {
          const double i = logistic(input(0, u) + hidden(0, u));
          const double f = logistic(input(1, u) + hidden(1, u));
          const double g = std::tanh(input(2, u) + hidden(2, u));
          const double o = logistic(input(3, u) + hidden(3, u));
          c[unit] = f * c[unit] + i * g;
          h[unit] = o * std::tanh(c[unit]);
        }
        output[std::size_t(row * layer.width + u)] = h[unit];
      }
    }
  }
  return output;
}

template <class T>
class RecurrentTest : public KernelTest<T> {
 protected:
  Layer layer(Cell cell, bool reverse, std::int64_t width, std::vector<std::int64_t> dialogues) {
    Layer layer{cell, reverse, width, std::move(dialogues), {}, {}, {}, {}};
    // Through T: the reference gets the same numbers.
    layer.projected = wide(this->numbers(layer.rows() * layer.gates(), -2, 2));
    layer.weight = wide(this->numbers(layer.gates() * width, -0.5, 0.5));
    layer.input_bias = wide(this->numbers(layer.gates()));
    layer.hidden_bias = wide(this->numbers(layer.gates()));
    return layer;
  }
};
TYPED_TEST_SUITE(RecurrentTest, NumberTypes);

// A layer's numbers as T, and what the kernels write.
template <class T>
struct Computed {
  explicit Computed(const Layer& layer)
      : projected(layer.projected.begin(), layer.projected.end()),
        weight(layer.weight.begin(), layer.weight.end()),
        input_bias(layer.input_bias.begin(), layer.input_bias.end()),
        hidden_bias(layer.hidden_bias.begin(), layer.hidden_bias.end()),
        output(std::size_t(layer.rows() * layer.width)),
        saved(std::size_t(layer.rows() * saved_of(layer.cell) * layer.width)) {}

  void forward(const Kernels<T>& kernels, const Layer& layer) {
    kernels.recurrent({layer.cell,
                       layer.reverse,
                       layer.width,
                       layer.dialogues,
                       {projected.data(), layer.gates()},
                       weight.data(),
                       input_bias.data(),
                       hidden_bias.data(),
                       {output.data(), layer.width},
                       {saved.data(), saved_of(layer.cell) * layer.width}});
  }

  std::vector<T> projected, weight, input_bias, hidden_bias, output, saved;
};

const std::vector<std::int64_t> kDialogues = {0, 3, 4, 4, 11, 13};  // lengths 3, 1, 0, 7, 2

TYPED_TEST(RecurrentTest, EqualsTheEquationsUnitByUnit) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      for (const bool reverse : {false, true}) {
        for (const std::int64_t width : {1, 5, 16, 50}) {
          const Layer layer = this->layer(cell, reverse, width, kDialogues);
          Computed<T> run(layer);
          run.forward(kernels, layer);
          this->expect_near(run.output, reference(layer));
        }
      }
    }
  });
}

TYPED_TEST(RecurrentTest, ADialoguesBitsDoNotDependOnTheOthers) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      const Layer together = this->layer(cell, true, 19, kDialogues);
      Computed<T> run(together);
      run.forward(kernels, together);
      Layer alone = together;
      alone.dialogues = {0, 7};
      alone.projected.assign(together.projected.begin() + 4 * together.gates(),
                             together.projected.begin() + 11 * together.gates());
      Computed<T> single(alone);
      single.forward(kernels, alone);
      EXPECT_TRUE(std::equal(single.output.begin(), single.output.end(), run.output.begin() + 4 * 19));
    }
  });
}

TYPED_TEST(RecurrentTest, KeepsNothingForABackwardPassThatIsNotWanted) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      const Layer layer = this->layer(cell, false, 19, kDialogues);
      Computed<T> training(layer), evaluation(layer);
      training.forward(kernels, layer);
      kernels.recurrent({cell,
                         false,
                         layer.width,
                         layer.dialogues,
                         {evaluation.projected.data(), layer.gates()},
                         evaluation.weight.data(),
                         evaluation.input_bias.data(),
                         evaluation.hidden_bias.data(),
                         {evaluation.output.data(), layer.width},
                         {}});
      EXPECT_EQ(evaluation.output, training.output);
    }
  });
}

// Slopes of sum(factors * output) by every input, against differences of the reference.
TEST(RecurrentGradientTest, EqualsDifferencesOfTheEquations) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto draw = [&](std::int64_t count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = uniform(random);
    return values;
  };
  for (const Kernels<double>& kernels : all_kernels<double>()) {
    SCOPED_TRACE(kernels.instruction_set);
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      for (const bool reverse : {false, true}) {
        Layer layer{cell, reverse, 5, {0, 3, 4, 8}, {}, {}, {}, {}};
        layer.projected = draw(layer.rows() * layer.gates());
        layer.weight = draw(layer.gates() * layer.width);
        layer.input_bias = draw(layer.gates());
        layer.hidden_bias = draw(layer.gates());
        const std::vector<double> factors = draw(layer.rows() * layer.width);
        const auto loss = [&] {
          const std::vector<double> output = reference(layer);
          return std::inner_product(output.begin(), output.end(), factors.begin(), 0.0);
        };

        Computed<double> run(layer);
        run.forward(kernels, layer);
        std::vector<double> input_slope(std::size_t(layer.rows() * layer.gates())), hidden_slope(input_slope.size());
        std::vector<double> before(std::size_t(layer.rows() * layer.width));
        kernels.recurrent_backward({cell,
                                    reverse,
                                    layer.width,
                                    layer.dialogues,
                                    run.weight.data(),
                                    {factors.data(), layer.width},
                                    {run.output.data(), layer.width},
                                    {run.saved.data(), saved_of(cell) * layer.width},
                                    {input_slope.data(), layer.gates()},
                                    {hidden_slope.data(), layer.gates()},
                                    {before.data(), layer.width}});

        for (std::size_t i = 0; i < layer.projected.size(); ++i) {
          ASSERT_NEAR(input_slope[i], slope_of(&layer.projected[i], loss), 1e-8);
        }
        for (std::int64_t gate = 0; gate < layer.gates(); ++gate) {
          double bias = 0;
          std::vector<double> weights(std::size_t(layer.width));
          for (std::int64_t row = 0; row < layer.rows(); ++row) {
            const double slope = hidden_slope[std::size_t(row * layer.gates() + gate)];
            bias += slope;
            for (std::int64_t k = 0; k < layer.width; ++k) {
              weights[std::size_t(k)] += slope * before[std::size_t(row * layer.width + k)];
            }
          }
          ASSERT_NEAR(bias, slope_of(&layer.hidden_bias[std::size_t(gate)], loss), 1e-8);
          for (std::int64_t k = 0; k < layer.width; ++k) {
            ASSERT_NEAR(weights[std::size_t(k)], slope_of(&layer.weight[std::size_t(gate * layer.width + k)], loss),
                        1e-8);
          }
        }
      }
    }
  }
}

TYPED_TEST(RecurrentTest, NotANumberStaysOne) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Cell cell : {Cell::gru, Cell::lstm}) {
      Layer layer = this->layer(cell, false, 3, {0, 2});
      layer.projected[1] = std::nan("");
      Computed<T> run(layer);
      run.forward(kernels, layer);
      EXPECT_TRUE(std::isnan(run.output[1]));
    }
  });
}

}  // namespace
}  // namespace mer::kernels
