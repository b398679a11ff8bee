#include <cmath>
#include <numeric>

#include "tests/kernels/each_kernel.hpp"

namespace mer::kernels {
namespace {

struct Case {
  std::vector<std::int64_t> dialogues;
  std::int64_t heads, head_width;
  double scale;
  bool squash;
  std::vector<double> query = {}, key = {}, value = {};

  std::int64_t width() const { return heads * head_width; }
  std::int64_t elements() const { return dialogues.back() * width(); }
};

// softmax(f(scale q k^T)) v, one query, one key, one number after the other.
std::vector<double> reference(const Case& c) {
  std::vector<double> output(std::size_t(c.elements()));
  const auto at = [&](std::int64_t row, std::int64_t head, std::int64_t i) {
    return std::size_t(row * c.width() + head * c.head_width + i);
  };
  for (std::size_t d = 0; d + 1 < c.dialogues.size(); ++d) {
    for (std::int64_t head = 0; head < c.heads; ++head) {
      for (std::int64_t q = c.dialogues[d]; q < c.dialogues[d + 1]; ++q) {
        std::vector<double> shares;
        for (std::int64_t k = c.dialogues[d]; k < c.dialogues[d + 1]; ++k) {
          double dot = 0;
          for (std::int64_t i = 0; i < c.head_width; ++i) dot += c.query[at(q, head, i)] * c.key[at(k, head, i)];
          shares.push_back(std::exp(c.squash ? std::tanh(c.scale * dot) : c.scale * dot));
        }
        const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (std::int64_t k = c.dialogues[d]; k < c.dialogues[d + 1]; ++k) {
          const double share = shares[std::size_t(k - c.dialogues[d])] / total;
          for (std::int64_t i = 0; i < c.head_width; ++i) output[at(q, head, i)] += share * c.value[at(k, head, i)];
        }
      }
    }
  }
  return output;
}

const Case kCases[] = {{{0, 1, 8, 8, 27}, 4, 25, 0.2, false},
                       {{0, 5, 6}, 1, 22, 1.0, true},
                       {{0, 40}, 2, 3, 0.577, false},
                       {{0, 2, 33}, 11, 2, 1.0, true}};

template <class T>
struct Computed {
  Computed(const Kernels<T>& kernels, const Case& c)
      : query(c.query.begin(), c.query.end()),
        key(c.key.begin(), c.key.end()),
        value(c.value.begin(), c.value.end()),
        output(query.size()),
        shares(std::size_t(attention_elements(c.dialogues, c.heads))),
        scores(c.squash ? shares.size() : 0) {
    kernels.attention({c.dialogues,
                       c.heads,
                       c.head_width,
                       c.scale,
                       c.squash,
                       {query.data(), c.width()},
                       {key.data(), c.width()},
                       {value.data(), c.width()},
                       {output.data(), c.width()},
                       shares.data(),
                       scores.data()});
  }
  std::vector<T> query, key, value, output, shares, scores;
};

template <class T>
class AttentionTest : public KernelTest<T> {
 protected:
  Case filled(Case c) {
    c.query = wide(this->numbers(c.elements()));
    c.key = wide(this->numbers(c.elements()));
    c.value = wide(this->numbers(c.elements()));
    return c;
  }
};
TYPED_TEST_SUITE(AttentionTest, NumberTypes);

TYPED_TEST(AttentionTest, EqualsTheFormula) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Case& shape : kCases) {
      const Case c = this->filled(shape);
      this->expect_near(Computed<T>(kernels, c).output, reference(c));
    }
  });
}

// As the model has it: query, key and value side by side.
TYPED_TEST(AttentionTest, OperandsMayBeColumnsOfOneMatrix) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const Case c = this->filled({{0, 3, 9}, 2, 5, 0.3, false});
    Computed<T> apart(kernels, c);
    std::vector<T> together(3 * apart.query.size());
    for (std::size_t i = 0; i < apart.query.size(); ++i) {
      const std::size_t at = i / 10 * 30 + i % 10;
      together[at] = apart.query[i];
      together[at + 10] = apart.key[i];
      together[at + 20] = apart.value[i];
    }
    std::vector<T> output(apart.output.size() * 2, T(7));
    kernels.attention({c.dialogues,
                       2,
                       5,
                       c.scale,
                       false,
                       {together.data(), 30},
                       {together.data() + 10, 30},
                       {together.data() + 20, 30},
                       {output.data(), 20},
                       apart.shares.data(),
                       nullptr});
    for (std::size_t i = 0; i < output.size(); ++i) {
      EXPECT_EQ(output[i], i % 20 < 10 ? apart.output[i / 20 * 10 + i % 20] : T(7));
    }
  });
}

TYPED_TEST(AttentionTest, ADialogueOfOneTurnAttendsToItself) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const Case c = this->filled({{0, 1}, 2, 3, 1.0, false});
    const Computed<T> run(kernels, c);
    EXPECT_EQ(run.output, run.value);
  });
}

TYPED_TEST(AttentionTest, LargeScoresDoNotOverflow) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    Case c = this->filled({{0, 3}, 1, 4, 1e4, false});
    for (const T number : Computed<T>(kernels, c).output) EXPECT_TRUE(std::isfinite(number));
  });
}

TYPED_TEST(AttentionTest, NotANumberStaysOne) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    Case c = this->filled({{0, 3}, 1, 4, 1.0, false});
    c.query[0] = std::nan("");
    EXPECT_TRUE(std::isnan(Computed<T>(kernels, c).output[0]));
  });
}

TEST(AttentionGradientTest, EqualsDifferencesOfTheFormula) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto draw = [&](std::int64_t count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = uniform(random);
    return values;
  };
  for (const Kernels<double>& kernels : all_kernels<double>()) {
    SCOPED_TRACE(kernels.instruction_set);
    for (const bool squash : {false, true}) {
      Case c{{0, 3, 4, 9}, 2, 5, 0.7, squash};
      for (auto* values : {&c.query, &c.key, &c.value}) *values = draw(c.elements());
      const std::vector<double> factors = draw(c.elements());
      const auto loss = [&] {
        const std::vector<double> output = reference(c);
        return std::inner_product(output.begin(), output.end(), factors.begin(), 0.0);
      };

      const Computed<double> run(kernels, c);
      std::vector<double> query(factors.size()), key(factors.size()), value(factors.size());
      kernels.attention_backward({c.dialogues,
                                  c.heads,
                                  c.head_width,
                                  c.scale,
                                  squash,
                                  {run.query.data(), c.width()},
                                  {run.key.data(), c.width()},
                                  {run.value.data(), c.width()},
                                  {factors.data(), c.width()},
                                  run.shares.data(),
                                  run.scores.data(),
                                  {query.data(), c.width()},
                                  {key.data(), c.width()},
                                  {value.data(), c.width()}});

      for (std::size_t i = 0; i < factors.size(); ++i) {
        ASSERT_NEAR(query[i], slope_of(&c.query[i], loss), 1e-8);
        ASSERT_NEAR(key[i], slope_of(&c.key[i], loss), 1e-8);
        ASSERT_NEAR(value[i], slope_of(&c.value[i], loss), 1e-8);
      }
    }
  }
}

}  // namespace
}  // namespace mer::kernels
