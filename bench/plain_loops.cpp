#include "bench/plain_loops.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.hpp"

namespace mer::bench {
namespace {

float logistic(float x) {
  return 1 / (1 + std::exp(-x));
}

float dot(const float* a, const float* b, std::int64_t count) {
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// function(first row, last row) of each dialogue.
template <class Function>
void for_each_dialogue(std::span<const std::int64_t> dialogues, const Function& function) {
  for (std::size_t d = 0; d + 1 < dialogues.size(); ++d) function(dialogues[d], dialogues[d + 1]);
}

// The GRU of one direction, dialogue by dialogue, turn by turn, unit by unit.
void gru(const kernels::Recurrent<float>& layer) {
  const std::int64_t width = layer.width;
  for_each_dialogue(layer.dialogues, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> before(static_cast<std::size_t>(width));
    for (std::int64_t turn = 0; turn < end - begin; ++turn) {
      const std::int64_t row = layer.reverse ? end - 1 - turn : begin + turn;
      for (std::int64_t u = 0; u < width; ++u) {
        const auto input = [&](std::int64_t gate) {
          return layer.projected.row(row)[gate * width + u] + layer.input_bias[gate * width + u];
        };
        const auto hidden = [&](std::int64_t gate) {
          const std::int64_t at = gate * width + u;
          return dot(layer.hidden_weight + at * width, before.data(), width) + layer.hidden_bias[at];
        };
        const float reset = logistic(input(0) + hidden(0));
        const float update = logistic(input(1) + hidden(1));
        const float from_hidden = hidden(2);
        const float candidate = std::tanh(input(2) + reset * from_hidden);
        layer.output.row(row)[u] = candidate + update * (before[std::size_t(u)] - candidate);
        const float kept[] = {reset, update, candidate, from_hidden};
        for (std::int64_t i = 0; i < 4; ++i) layer.saved.row(row)[i * width + u] = kept[i];
      }
      std::copy_n(layer.output.row(row), width, before.begin());
    }
  });
}

void gru_backward(const kernels::RecurrentBackward<float>& layer) {
  const std::int64_t width = layer.width;
  for_each_dialogue(layer.dialogues, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> state(static_cast<std::size_t>(width));  // gradient of the state after the turn
    for (std::int64_t turn = end - begin - 1; turn >= 0; --turn) {
      const std::int64_t row = layer.reverse ? end - 1 - turn : begin + turn;
      const std::int64_t row_before = layer.reverse ? row + 1 : row - 1;
      std::vector<float> earlier(state.size());
      for (std::int64_t u = 0; u < width; ++u) {
        const float* const saved = layer.saved.row(row) + u;
        const float reset = saved[0], update = saved[width], candidate = saved[2 * width];
        const float before = turn == 0 ? 0 : layer.output.row(row_before)[u];
        const float slope = state[std::size_t(u)] + layer.gradient.row(row)[u];
        const float by_candidate = slope * (1 - update) * (1 - candidate * candidate);
        const float by_update = slope * (before - candidate) * update * (1 - update);
        const float by_reset = by_candidate * saved[3 * width] * reset * (1 - reset);
        float* const input = layer.input_slope.row(row) + u;
        float* const hidden = layer.hidden_slope.row(row) + u;
        input[0] = hidden[0] = by_reset;
        input[width] = hidden[width] = by_update;
        input[2 * width] = by_candidate;
        hidden[2 * width] = by_candidate * reset;
        layer.before.row(row)[u] = before;
        earlier[std::size_t(u)] = slope * update;
      }
      for (std::int64_t u = 0; u < width; ++u) {
        for (std::int64_t gate = 0; gate < 3 * width; ++gate) {
          earlier[std::size_t(u)] += layer.hidden_slope.row(row)[gate] * layer.hidden_weight[gate * width + u];
        }
      }
      state = earlier;
    }
  });
}

void attention(const kernels::Attention<float>& a) {
  float* shares = a.shares;
  for_each_dialogue(a.dialogues, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t column = head * a.head_width;
      for (std::int64_t q = begin; q < end; ++q, shares += end - begin) {
        float total = 0;
        for (std::int64_t k = begin; k < end; ++k) {
          shares[k - begin] =
              std::exp(float(a.scale) * dot(a.query.row(q) + column, a.key.row(k) + column, a.head_width));
          total += shares[k - begin];
        }
        std::fill_n(a.output.row(q) + column, a.head_width, 0.0F);
        for (std::int64_t k = begin; k < end; ++k) {
          shares[k - begin] /= total;
          for (std::int64_t i = column; i < column + a.head_width; ++i) {
            a.output.row(q)[i] += shares[k - begin] * a.value.row(k)[i];
          }
        }
      }
    }
  });
}

void attention_backward(const kernels::AttentionBackward<float>& a) {
  const float* shares = a.shares;
  for_each_dialogue(a.dialogues, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (const auto& to : {a.query_gradient, a.key_gradient, a.value_gradient}) {
        std::fill_n(to.row(row), a.heads * a.head_width, 0.0F);
      }
    }
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t column = head * a.head_width;
      for (std::int64_t q = begin; q < end; ++q, shares += end - begin) {
        std::vector<float> by_share(std::size_t(end - begin));
        float mean = 0;
        for (std::int64_t k = begin; k < end; ++k) {
          const float slope = dot(a.gradient.row(q) + column, a.value.row(k) + column, a.head_width);
          by_share[std::size_t(k - begin)] = slope;
          mean += slope * shares[k - begin];
        }
        for (std::int64_t k = begin; k < end; ++k) {
          const float share = shares[k - begin];
          const float score = share * (by_share[std::size_t(k - begin)] - mean) * float(a.scale);
          for (std::int64_t i = column; i < column + a.head_width; ++i) {
            a.query_gradient.row(q)[i] += score * a.key.row(k)[i];
            a.key_gradient.row(k)[i] += score * a.query.row(q)[i];
            a.value_gradient.row(k)[i] += share * a.gradient.row(q)[i];
          }
        }
      }
    }
  });
}

void product(const kernels::Product<float>& p) {
  for (std::int64_t i = 0; i < p.rows; ++i) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < p.inner; ++k) sum += p.a[i * p.a_row + k * p.a_column] * p.b.row(k)[j];
      p.c.row(i)[j] = sum;
    }
  }
}

void column_sums(const kernels::ColumnSums<float>& c) {
  for (std::int64_t j = 0; j < c.columns; ++j) {
    c.sums[j] = 0;
    for (std::int64_t row = 0; row < c.rows; ++row) c.sums[j] += c.x.row(row)[j];
  }
}

void central_sums(const kernels::CentralSums<float>& c) {
  for (std::int64_t j = 0; j < c.columns; ++j) {
    for (std::int64_t k = 2; k <= c.highest; ++k) {
      float sum = 0;
      for (std::int64_t row = 0; row < c.rows; ++row) sum += std::pow(c.x.row(row)[j] - c.mean[j], float(k));
      c.sums.row(k - 2)[j] = sum;
    }
  }
}

void dropout_mask(const kernels::DropoutMask<float>& m) {
  const std::int64_t blocks = (m.columns + 3) / 4;
  for (std::size_t d = 0; d + 1 < m.dialogues.size(); ++d) {
    for (std::int64_t row = m.dialogues[d]; row < m.dialogues[d + 1]; ++row) {
      for (std::int64_t j = 0; j < m.columns; ++j) {
        const auto block = std::uint32_t((row - m.dialogues[d]) * blocks + j / 4);
        const PhiloxBlock words = philox4x32({m.layer, m.step, m.first_dialogue + std::uint32_t(d), block}, m.key);
        const bool kept = double(uniform_float(words[std::size_t(j % 4)])) >= m.rate;
        m.mask.row(row)[j] = kept ? float(1 / (1 - m.rate)) : 0;
      }
    }
  }
}

void adam(const kernels::AdamStep<float>& s, std::int64_t count, float* parameter, const float* gradient,
          float* exp_avg, float* exp_avg_sq) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = parameter[i] * s.keep;
    const float slope = gradient[i] + s.coupled_decay * value;
    exp_avg[i] += s.lerp * (slope - exp_avg[i]);
    exp_avg_sq[i] = exp_avg_sq[i] * s.beta2 + s.square_weight * slope * slope;
    parameter[i] = value - s.step_size * exp_avg[i] / (std::sqrt(exp_avg_sq[i]) / s.root_correction + s.epsilon);
  }
}

}  // namespace

kernels::Kernels<float> plain_loops() {
  kernels::Kernels<float> table = {};
  table.instruction_set = "plain loops";
  table.product = product;
  table.recurrent = gru;
  table.recurrent_backward = gru_backward;
  table.attention = attention;
  table.attention_backward = attention_backward;
  table.column_sums = column_sums;
  table.central_sums = central_sums;
  table.dropout_mask = dropout_mask;
  table.adam = adam;
  return table;
}

}  // namespace mer::bench
