// Recurrent layers: a block for each dialogue of each slot goes through its turns, a unit of the layer in each of its
// threads; no dialogue does work beyond its own turns.
#pragma once

#include "model/grid/linear-inl.hpp"

namespace mer::grid {

constexpr Index kMostGates = 4;

MER_HOST_DEVICE constexpr Index gate_count(Cell cell) {
  return cell == Cell::gru ? 3 : 4;
}

// to[slot][j][i] = from[slot][i][j]: then neighbouring units read neighbouring weights.
template <class T>
struct Transpose {
  Index rows, columns;
  Stacked<const T> from;
  T* to;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index column = i / rows % columns;
    const Index slot = i / rows / columns;
    to[i] = from.of(slot)[std::size_t(i % rows) * columns + column];
  }
};

// One turn's rows, counted through all slots.
struct Turn {
  Index slot, row, before;  // before: the row visited before; only when it is not the first
};
MER_HOST_DEVICE inline Turn turn_of(const Layout& layout, Index block, Index step, bool reverse) {
  const Index slot = block / layout.dialogues;
  const Dialogue dialogue = dialogue_at(layout, slot, block % layout.dialogues);
  const Index row = reverse ? dialogue.end - 1 - step : dialogue.begin + step;
  return {slot, row, reverse ? row + 1 : row - 1};
}
MER_HOST_DEVICE inline Index turns_of(const Layout& layout, Index block) {
  const Dialogue dialogue = dialogue_at(layout, block / layout.dialogues, block % layout.dialogues);
  return dialogue.end - dialogue.begin;
}

template <class T>
struct RecurrentSteps {
  Layout layout;
  Cell cell;
  bool reverse;
  Index width;
  Rows<const T> projected;  // x W_ih^T
  const T* weight;          // W_hh^T of each slot
  Stacked<const T> input_bias, hidden_bias;
  Rows<T> output, saved;

  MER_HOST_DEVICE Index steps(Index block) const { return turns_of(layout, block); }

  MER_HOST_DEVICE void operator()(Index block, Index step, Index unit) const {
    const Turn turn = turn_of(layout, block, step, reverse);
    const Index gates = gate_count(cell);
    T hidden[kMostGates] = {};
    if (step > 0) {
      const T* const state = output.row(turn.before);
      const T* column = weight + std::size_t(turn.slot) * width * gates * width + unit;
      for (Index k = 0; k < width; ++k, column += gates * width) {
        for (Index gate = 0; gate < gates; ++gate) hidden[gate] += state[k] * column[gate * width];
      }
    }
    T input[kMostGates] = {};
    for (Index gate = 0; gate < gates; ++gate) {
      const Index at = gate * width + unit;
      input[gate] = projected.row(turn.row)[at] + input_bias.of(turn.slot)[at];
      hidden[gate] += hidden_bias.of(turn.slot)[at];
    }
    cell == Cell::gru ? gru(turn, step, unit, input, hidden) : lstm(turn, step, unit, input, hidden);
  }

 private:
  MER_HOST_DEVICE void gru(const Turn& turn, Index step, Index unit, const T* input, const T* hidden) const {
    const GruGates<T> gates = gru_gates(input[0] + hidden[0], input[1] + hidden[1], input[2], hidden[2]);
    const T before = step > 0 ? output.row(turn.before)[unit] : T(0);
    T* const keep = saved.row(turn.row) + unit;
    keep[0] = gates.reset;
    keep[width] = gates.update;
    keep[2 * width] = gates.candidate;
    keep[3 * width] = gates.hidden_candidate;
    output.row(turn.row)[unit] = gru_state(gates, before);
  }
  MER_HOST_DEVICE void lstm(const Turn& turn, Index step, Index unit, const T* input, const T* hidden) const {
    const T before = step > 0 ? saved.row(turn.before)[4 * width + unit] : T(0);
    const LstmGates<T> gates =
        lstm_gates(input[0] + hidden[0], input[1] + hidden[1], input[2] + hidden[2], input[3] + hidden[3], before);
    T* const keep = saved.row(turn.row) + unit;
    keep[0] = gates.input;
    keep[width] = gates.forget;
    keep[2 * width] = gates.candidate;
    keep[3 * width] = gates.output;
    keep[4 * width] = gates.cell;
    output.row(turn.row)[unit] = lstm_state(gates);
  }
};

template <class Q, class T>
void recurrent(Runtime& runtime, const Recurrent<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Index gates = gate_count(op.cell) * op.width;
  const Scratch<T> projected(queue, std::size_t(layout.all_rows()) * gates);
  const Scratch<T> weight(queue, std::size_t(layout.slots) * op.width * gates);
  queue.clear(op.output.data, std::size_t(layout.all_rows()) * op.directions * op.width * sizeof(T));
  for (Index direction = 0; direction < op.directions; ++direction) {
    const RecurrentWeights<const T>& weights = op.weights[direction];
    queue.template multiply<T>({layout.slots, layout.rows, gates, op.inputs, rows_of(layout, op.x),
                                transposed(weight_of(weights.input, op.inputs)),
                                results_of(layout, Rows<T>{projected.data(), gates})});
    queue.launch(std::size_t(layout.slots) * op.width * gates,
                 Transpose<T>{gates, op.width, weights.hidden, weight.data()});
    queue.launch_blocks(
        layout.slots * layout.dialogues, op.width,
        RecurrentSteps<T>{layout, op.cell, direction == 1, op.width, Rows<const T>{projected.data(), gates},
                          weight.data(), weights.input_bias, weights.hidden_bias,
                          op.output.from_column(direction * op.width), op.saved[direction]});
  }
}

// Two steps for each turn, from the last one back: the cell's slopes, then what they ask of the state before.
template <class T>
struct RecurrentBackwardSteps {
  Layout layout;
  Cell cell;
  bool reverse;
  Index width;
  Stacked<const T> weight;  // W_hh
  Rows<const T> output, saved, gradient;
  Rows<T> input_slope, hidden_slope, before;
  T* states;  // [slots, dialogues, width]: gradients of the states
  T* cells;   // the same of the LSTM's cell states

  MER_HOST_DEVICE Index steps(Index block) const { return 2 * turns_of(layout, block); }

  MER_HOST_DEVICE void operator()(Index block, Index step, Index unit) const {
    const Index turns = turns_of(layout, block);
    const Index number = turns - 1 - step / 2;
    const Turn turn = turn_of(layout, block, number, reverse);
    const std::size_t at = std::size_t(block) * width + unit;
    if (step % 2 == 1) {
      if (number > 0) states[at] += through_gates(turn, unit);
      return;
    }
    const bool last = number == turns - 1;
    const T state = (last ? T(0) : states[at]) + gradient.row(turn.row)[unit];
    const T state_before = number > 0 ? output.row(turn.before)[unit] : T(0);
    before.row(turn.row)[unit] = state_before;
    if (cell == Cell::gru) {
      gru(turn, unit, state, state_before, at);
    } else {
      lstm(turn, unit, state, number > 0 ? saved.row(turn.before)[4 * width + unit] : T(0), last ? T(0) : cells[at],
           at);
    }
  }

 private:
  MER_HOST_DEVICE T through_gates(const Turn& turn, Index unit) const {
    const T* const slopes = hidden_slope.row(turn.row);
    const T* column = weight.of(turn.slot) + unit;
    T total = 0;
    for (Index j = 0; j < gate_count(cell) * width; ++j, column += width) total += slopes[j] * *column;
    return total;
  }
  MER_HOST_DEVICE void gru(const Turn& turn, Index unit, T state, T state_before, std::size_t at) const {
    const T* const kept = saved.row(turn.row) + unit;
    const GruGates<T> gates = {kept[0], kept[width], kept[2 * width], kept[3 * width]};
    const GruSlopes<T> slopes = gru_backward(gates, state_before, state);
    T* const input = input_slope.row(turn.row) + unit;
    T* const hidden = hidden_slope.row(turn.row) + unit;
    input[0] = hidden[0] = slopes.reset;
    input[width] = hidden[width] = slopes.update;
    input[2 * width] = slopes.input_candidate;
    hidden[2 * width] = slopes.hidden_candidate;
    states[at] = slopes.before;
  }
  MER_HOST_DEVICE void lstm(const Turn& turn, Index unit, T state, T cell_before, T cell_gradient,
                            std::size_t at) const {
    const T* const kept = saved.row(turn.row) + unit;
    const LstmGates<T> gates = {kept[0], kept[width], kept[2 * width], kept[3 * width], kept[4 * width]};
    const LstmSlopes<T> slopes = lstm_backward(gates, cell_before, state, cell_gradient);
    T* const input = input_slope.row(turn.row) + unit;
    T* const hidden = hidden_slope.row(turn.row) + unit;
    input[0] = hidden[0] = slopes.input;
    input[width] = hidden[width] = slopes.forget;
    input[2 * width] = hidden[2 * width] = slopes.candidate;
    input[3 * width] = hidden[3 * width] = slopes.output;
    states[at] = T(0);
    cells[at] = slopes.cell_before;
  }
};

template <class Q, class T>
void recurrent_backward(Runtime& runtime, const RecurrentBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Index gates = gate_count(op.cell) * op.width;
  const std::size_t rows = layout.all_rows();
  const Scratch<T> input_slopes(queue, rows * gates), hidden_slopes(queue, rows * gates);
  const Scratch<T> befores(queue, rows * op.width);
  const std::size_t states = std::size_t(layout.slots) * layout.dialogues * op.width;
  const Scratch<T> state_slopes(queue, states), cell_slopes(queue, states);
  const Rows<T> input_slope = {input_slopes.data(), gates}, hidden_slope = {hidden_slopes.data(), gates};
  const Rows<T> before = {befores.data(), op.width};
  for (Index direction = 0; direction < op.directions; ++direction) {
    const std::int64_t column = direction * op.width;
    const RecurrentWeights<const T>& weights = op.weights[direction];
    const RecurrentWeights<T>& to = op.to_weights[direction];
    queue.clear(input_slope.data, rows * gates * sizeof(T));
    queue.clear(hidden_slope.data, rows * gates * sizeof(T));
    queue.clear(before.data, rows * op.width * sizeof(T));
    queue.launch_blocks(
        layout.slots * layout.dialogues, op.width,
        RecurrentBackwardSteps<T>{layout, op.cell, direction == 1, op.width, weights.hidden,
                                  op.output.from_column(column), op.saved[direction], op.gradient.from_column(column),
                                  input_slope, hidden_slope, before, state_slopes.data(), cell_slopes.data()});
    queue.template multiply<T>({layout.slots,
                                gates,
                                op.inputs,
                                layout.rows,
                                transposed(rows_of(layout, input_slope)),
                                rows_of(layout, op.x),
                                {to.input.data, op.inputs, to.input.stride}});
    queue.template multiply<T>({layout.slots,
                                gates,
                                op.width,
                                layout.rows,
                                transposed(rows_of(layout, hidden_slope)),
                                rows_of(layout, before),
                                {to.hidden.data, op.width, to.hidden.stride}});
    sum_slopes<T>(queue, layout, gates, Rows<const T>{input_slope.data, gates}, to.input_bias);
    sum_slopes<T>(queue, layout, gates, Rows<const T>{hidden_slope.data, gates}, to.hidden_bias);
    if (!op.to_x) continue;
    queue.template multiply<T>({layout.slots, layout.rows, op.inputs, gates, rows_of(layout, input_slope),
                                weight_of(weights.input, op.inputs), results_of(layout, op.to_x), direction > 0});
  }
}

}  // namespace mer::grid
