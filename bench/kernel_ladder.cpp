// kernel_ladder: the kernels of model/kernels from naive to fast: plain loops, then the same source for each
// instruction set that this processor has, beside LibTorch's own operations where there are any. Each rung is compared
// with the plain loops before it is timed. One thread; shapes of a batch of MSP-Improv and of IEMOCAP, float32.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <benchmark/benchmark.h>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/plain_loops.hpp"
#include "model/blas.hpp"

namespace mer::bench {
namespace {

using kernels::Kernels;
using Numbers = std::vector<float>;

// 20 dialogues of half the longest to the longest length.
struct BatchShape {
  const char* name;
  std::int64_t longest, features;

  std::vector<std::int64_t> dialogues() const {
    std::vector<std::int64_t> ends = {0};
    for (std::int64_t i = 0; i < 20; ++i) ends.push_back(ends.back() + longest - longest * i / 40);
    return ends;
  }
};
constexpr BatchShape kShapes[] = {{"msp-improv", 25, 768}, {"iemocap", 60, 6373}};
constexpr std::int64_t kHidden = 100, kHeads = 4, kMoments = 5;

Numbers numbers(std::int64_t count) {
  static std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-0.5F, 0.5F);
  Numbers values(static_cast<std::size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

kernels::Matrix<float> matrix(Numbers& values, std::int64_t width) {
  return {values.data(), width};
}
kernels::Matrix<const float> matrix(const Numbers& values, std::int64_t width) {
  return {values.data(), width};
}

bool equal(const Numbers& values, const Numbers& expected) {
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i]));
    difference = std::max(difference, std::abs(values[i] - expected[i]));
  }
  return difference <= 1e-4F * largest;
}

// An operation with its inputs; all rungs write into the same `output`, in turns.
struct Operation {
  virtual ~Operation() = default;
  virtual double work() const = 0;  // floating-point operations or bytes of one run
  virtual void reset() {}           // before a run whose numbers are compared
  virtual void run(const Kernels<float>& table) = 0;
  Numbers output;
};

void climb(const std::string& name, const char* unit, Operation& operation, const Numbers& expected,
           const std::function<void()>& run) {
  benchmark::RegisterBenchmark(name.c_str(), [=, &operation, &expected](benchmark::State& state) {
    operation.reset();
    run();
    if (!equal(operation.output, expected)) state.SkipWithError("differs from the plain loops");
    for ([[maybe_unused]] auto _ : state) run();
    state.counters[unit] = benchmark::Counter(1e-9 * operation.work(), benchmark::Counter::kIsIterationInvariantRate);
  })->Unit(benchmark::kMicrosecond);
}

// The rungs of all tables, lowest first. `expected` gets the numbers of the plain loops.
void climb_tables(const std::string& name, const char* unit, Operation& operation, Numbers& expected) {
  std::vector<Kernels<float>> tables = {plain_loops()};
  const auto sets = kernels::all_kernels<float>();
  tables.insert(tables.end(), sets.rbegin(), sets.rend());
  operation.reset();
  operation.run(tables.front());
  expected = operation.output;
  for (const Kernels<float>& table : tables) {
    climb(name + "/" + table.instruction_set, unit, operation, expected, [&operation, table] { operation.run(table); });
  }
}

// One direction of a bidirectional GRU of width 2 x 50, forward and backward, without the products of whole matrices
// around it.
struct Gru : Operation {
  static constexpr std::int64_t kWidth = kHidden / 2, kGates = 3 * kWidth;

  explicit Gru(const BatchShape& shape)
      : dialogues(shape.dialogues()),
        projected(numbers(rows() * kGates)),
        weight(numbers(kGates * kWidth)),
        bias(numbers(kGates)),
        gradient(numbers(rows() * kWidth)),
        states(gradient.size()),
        saved(std::size_t(rows() * 4 * kWidth)),
        hidden_slope(projected.size()),
        before(states.size()) {
    output.resize(projected.size());
  }
  std::int64_t rows() const { return dialogues.back(); }
  double work() const override { return 4.0 * double(rows() * kGates * kWidth); }
  void run(const Kernels<float>& table) override {
    table.recurrent({kernels::Cell::gru, false, kWidth, dialogues, matrix(std::as_const(projected), kGates),
                     weight.data(), bias.data(), bias.data(), matrix(states, kWidth), matrix(saved, 4 * kWidth)});
    table.recurrent_backward({kernels::Cell::gru, false, kWidth, dialogues, weight.data(),
                              matrix(std::as_const(gradient), kWidth), matrix(std::as_const(states), kWidth),
                              matrix(std::as_const(saved), 4 * kWidth), matrix(output, kGates),
                              matrix(hidden_slope, kGates), matrix(before, kWidth)});
  }

  std::vector<std::int64_t> dialogues;
  Numbers projected, weight, bias, gradient, states, saved, hidden_slope, before;
};

struct SelfAttention : Operation {
  explicit SelfAttention(const BatchShape& shape)
      : dialogues(shape.dialogues()),
        projected(numbers(dialogues.back() * 3 * kHidden)),
        gradient(numbers(dialogues.back() * kHidden)),
        attended(gradient.size()),
        shares(std::size_t(kernels::attention_elements(dialogues, kHeads))) {
    output.resize(projected.size());
  }
  double work() const override { return 12.0 * double(shares.size()) * double(kHidden / kHeads); }
  void run(const Kernels<float>& table) override {
    const auto part = [](auto& from, std::int64_t number) {
      return kernels::Matrix{from.data() + number * kHidden, 3 * kHidden};
    };
    const auto& in = std::as_const(projected);
    const double scale = 1 / std::sqrt(double(kHidden) / kHeads);
    table.attention({dialogues, kHeads, kHidden / kHeads, scale, false, part(in, 0), part(in, 1), part(in, 2),
                     matrix(attended, kHidden), shares.data(), nullptr});
    table.attention_backward({dialogues, kHeads, kHidden / kHeads, scale, false, part(in, 0), part(in, 1), part(in, 2),
                              matrix(std::as_const(gradient), kHidden), shares.data(), nullptr, part(output, 0),
                              part(output, 1), part(output, 2)});
  }

  std::vector<std::int64_t> dialogues;
  Numbers projected, gradient, attended, shares;
};

// x W: a linear layer of the widest features. `transposed` is W^T, as the model holds it.
struct Linear : Operation {
  explicit Linear(const BatchShape& shape)
      : rows(shape.dialogues().back()),
        inner(shape.features),
        x(numbers(rows * inner)),
        weight(numbers(inner * kHidden)) {
    output.resize(std::size_t(rows * kHidden));
    for (std::int64_t j = 0; j < kHidden; ++j) {
      for (std::int64_t k = 0; k < inner; ++k) transposed.push_back(weight[std::size_t(k * kHidden + j)]);
    }
  }
  double work() const override { return 2.0 * double(rows * kHidden * inner); }
  void run(const Kernels<float>& table) override {
    table.product(
        {rows, kHidden, inner, x.data(), inner, 1, matrix(std::as_const(weight), kHidden), matrix(output, kHidden)});
  }
  void run_blas() {
    model::multiply<float>(rows, kHidden, inner, {x.data(), inner, false}, {transposed.data(), inner, true},
                           matrix(output, kHidden));
  }
  void run_mm() {
    at::Tensor to = at::from_blob(output.data(), {rows, kHidden});
    at::mm_out(to, at::from_blob(x.data(), {rows, inner}), at::from_blob(transposed.data(), {kHidden, inner}).t());
  }

  std::int64_t rows, inner;
  Numbers x, weight, transposed;
};

struct Moments : Operation {
  explicit Moments(const BatchShape& shape) : rows(shape.dialogues().back()), x(numbers(rows * kHidden)) {
    output.resize(std::size_t(kMoments * kHidden));
  }
  double work() const override { return double(x.size() * sizeof(float)); }
  void run(const Kernels<float>& table) override {
    const auto values = matrix(std::as_const(x), kHidden);
    const auto divide = [this](auto begin, auto end) {
      std::transform(begin, end, begin, [this](float sum) { return sum / float(rows); });
    };
    table.column_sums({rows, kHidden, values, output.data()});
    divide(output.begin(), output.begin() + kHidden);
    table.central_sums({rows, kHidden, kMoments, values, output.data(), {output.data() + kHidden, kHidden}});
    divide(output.begin() + kHidden, output.end());
  }

  std::int64_t rows;
  Numbers x;
};

struct Dropout : Operation {
  explicit Dropout(const BatchShape& shape) : dialogues(shape.dialogues()) {
    output.resize(std::size_t(dialogues.back() * kHidden));
  }
  double work() const override { return double(output.size() * sizeof(float)); }
  void run(const Kernels<float>& table) override {
    table.dropout_mask({dialogues, 0, kHidden, {1, 2}, 3, 4, 0.2, matrix(output, kHidden)});
  }

  std::vector<std::int64_t> dialogues;
};

// Every weight of the model: what the widest layer has, and 300,000 more.
struct Adam : Operation {
  explicit Adam(const BatchShape& shape)
      : count(shape.features * kHidden + 300'000), gradient(numbers(count)), average(gradient.size()), square(average) {
    output = numbers(count);
    start = output;
  }
  double work() const override { return 7.0 * double(count) * sizeof(float); }
  void reset() override {
    output = start;
    std::fill(average.begin(), average.end(), 0.0F);
    std::fill(square.begin(), square.end(), 0.0F);
  }
  void run(const Kernels<float>& table) override {
    table.adam({1e-5F, 1, 0.1F, 0.999F, 0.001F, 1e-8F, 1e-3F, 0.03F}, count, output.data(), gradient.data(),
               average.data(), square.data());
  }
  // torch.optim.Adam's operations, one tensor at a time.
  void run_operators() {
    const auto tensor = [this](Numbers& values) { return at::from_blob(values.data(), {count}); };
    at::Tensor parameter = tensor(output), slope = tensor(gradient).add(parameter, 1e-5), exp_avg = tensor(average);
    exp_avg.lerp_(slope, 0.1);
    tensor(square).mul_(0.999).addcmul_(slope, slope, 0.001);
    parameter.addcdiv_(exp_avg, tensor(square).sqrt().div_(0.03).add_(1e-8), -1e-3);
  }

  std::int64_t count;
  Numbers gradient, average, square, start;
};

// The operations of one shape, each with the numbers it must give.
struct Ladder {
  explicit Ladder(const BatchShape& shape)
      : gru(shape), attention(shape), linear(shape), moments(shape), dropout(shape), adam(shape) {
    const auto name = [&](const char* operation) { return std::string(operation) + "/" + shape.name; };
    climb_tables(name("gru"), "GFLOP/s", gru, expected[0]);
    climb_tables(name("attention"), "GFLOP/s", attention, expected[1]);
    climb_tables(name("linear"), "GFLOP/s", linear, expected[2]);
    climb(name("linear") + "/at::mm", "GFLOP/s", linear, expected[2], [this] { linear.run_mm(); });
    climb(name("linear") + "/BLAS", "GFLOP/s", linear, expected[2], [this] { linear.run_blas(); });
    climb_tables(name("moments"), "GB/s", moments, expected[3]);
    climb_tables(name("dropout"), "GB/s", dropout, expected[4]);
    climb_tables(name("adam"), "GB/s", adam, expected[5]);
    climb(name("adam") + "/LibTorch's operators", "GB/s", adam, expected[5], [this] { adam.run_operators(); });
  }

  Gru gru;
  SelfAttention attention;
  Linear linear;
  Moments moments;
  Dropout dropout;
  Adam adam;
  Numbers expected[6];
};

}  // namespace
}  // namespace mer::bench

int main(int argc, char** argv) {
  at::set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  mer::bench::Ladder msp_improv(mer::bench::kShapes[0]), iemocap(mer::bench::kShapes[1]);
  benchmark::RunSpecifiedBenchmarks();
}
