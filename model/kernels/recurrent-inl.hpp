// Recurrent layers over dialogues of different lengths, all of them at once and turn by turn, without padded work.
#if defined(MER_KERNELS_RECURRENT) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_RECURRENT
#undef MER_KERNELS_RECURRENT
#else
#define MER_KERNELS_RECURRENT
#endif

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/kernels/product-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

#define MER_HOST_DEVICE
#include "model/kernels/cells-inl.hpp"
#undef MER_HOST_DEVICE

// The order in which a layer visits rows: dialogues from the longest on, so that those which reach a step come first.
class Schedule {
 public:
  Schedule(std::span<const std::int64_t> dialogues, bool reverse) : dialogues_(dialogues), reverse_(reverse) {
    by_length_.resize(dialogues.size() - 1);
    std::iota(by_length_.begin(), by_length_.end(), std::size_t{0});
    std::stable_sort(by_length_.begin(), by_length_.end(),
                     [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  }

  std::int64_t dialogues() const { return std::int64_t(by_length_.size()); }
  std::int64_t steps() const { return by_length_.empty() ? 0 : length(by_length_.front()); }
  // Dialogues that have a step of this number: places 0 .. count - 1.
  std::int64_t active(std::int64_t step) const {
    const auto end = std::partition_point(by_length_.begin(), by_length_.end(),
                                          [&](std::size_t dialogue) { return length(dialogue) > step; });
    return end - by_length_.begin();
  }
  std::int64_t row(std::int64_t place, std::int64_t step) const {
    const std::size_t dialogue = by_length_[std::size_t(place)];
    return reverse_ ? dialogues_[dialogue + 1] - 1 - step : dialogues_[dialogue] + step;
  }
  // The row visited one step before; only for step > 0.
  std::int64_t row_before(std::int64_t place, std::int64_t step) const { return row(place, step - 1); }

 private:
  std::int64_t length(std::size_t dialogue) const { return dialogues_[dialogue + 1] - dialogues_[dialogue]; }

  std::span<const std::int64_t> dialogues_;
  bool reverse_;
  std::vector<std::size_t> by_length_;
};

template <class T>
std::vector<T> transposed(const T* matrix, std::int64_t rows, std::int64_t columns) {
  std::vector<T> result(std::size_t(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) result[std::size_t(j * rows + i)] = matrix[i * columns + j];
  }
  return result;
}

// One turn of one dialogue. projected: x W_ih^T; hidden: h W_hh^T; state and cell (LSTM): [width], updated; saved:
// nullptr or [saved_of * width].
template <class T>
struct CellRow {
  const T* projected;
  const T* hidden;
  const T* input_bias;
  const T* hidden_bias;
  T* state;
  T* cell;
  T* saved;
};

template <class T>
HWY_INLINE void gru_row(const CellRow<T>& r, std::int64_t width) {
  for_each_vector<T>(width, [&](std::int64_t u, std::int64_t n) HWY_ATTR {
    const auto input = [&](std::int64_t gate) HWY_ATTR {
      return load(r.projected + gate * width + u, n) + load(r.input_bias + gate * width + u, n);
    };
    const auto hidden = [&](std::int64_t gate) HWY_ATTR {
      return load(r.hidden + gate * width + u, n) + load(r.hidden_bias + gate * width + u, n);
    };
    const GruGates<Lanes<T>> gates = gru_gates(input(0) + hidden(0), input(1) + hidden(1), input(2), hidden(2));
    store(gru_state(gates, load<T>(r.state + u, n)), r.state + u, n);
    if (r.saved == nullptr) return;
    store(gates.reset, r.saved + u, n);
    store(gates.update, r.saved + width + u, n);
    store(gates.candidate, r.saved + 2 * width + u, n);
    store(gates.hidden_candidate, r.saved + 3 * width + u, n);
  });
}

template <class T>
HWY_INLINE void lstm_row(const CellRow<T>& r, std::int64_t width) {
  for_each_vector<T>(width, [&](std::int64_t u, std::int64_t n) HWY_ATTR {
    const auto gate = [&](std::int64_t number) HWY_ATTR {
      const std::int64_t at = number * width + u;
      return load(r.projected + at, n) + load(r.input_bias + at, n) + load(r.hidden + at, n) +
             load(r.hidden_bias + at, n);
    };
    const LstmGates<Lanes<T>> gates = lstm_gates(gate(0), gate(1), gate(2), gate(3), load<T>(r.cell + u, n));
    store(lstm_state(gates), r.state + u, n);
    store(gates.cell, r.cell + u, n);
    if (r.saved == nullptr) return;
    store(gates.input, r.saved + u, n);
    store(gates.forget, r.saved + width + u, n);
    store(gates.candidate, r.saved + 2 * width + u, n);
    store(gates.output, r.saved + 3 * width + u, n);
    store(gates.cell, r.saved + 4 * width + u, n);
  });
}

template <class T>
void recurrent(const Recurrent<T>& layer) {
  const Schedule schedule(layer.dialogues, layer.reverse);
  const std::int64_t width = layer.width;
  const std::int64_t gates = gates_of(layer.cell) * width;
  const std::vector<T> weight = transposed(layer.hidden_weight, gates, width);
  std::vector<T> states(std::size_t(schedule.dialogues() * width));
  std::vector<T> cells(layer.cell == Cell::lstm ? states.size() : 0);
  std::vector<T> hidden(std::size_t(schedule.dialogues() * gates));
  for (std::int64_t step = 0; step < schedule.steps(); ++step) {
    const std::int64_t active = schedule.active(step);
    if (step > 0) {
      product<T>({active, gates, width, states.data(), width, 1, {weight.data(), gates}, {hidden.data(), gates}});
    }
    for (std::int64_t place = 0; place < active; ++place) {
      const std::int64_t row = schedule.row(place, step);
      T* const state = states.data() + place * width;
      const CellRow<T> at = {layer.projected.row(row),
                             hidden.data() + place * gates,
                             layer.input_bias,
                             layer.hidden_bias,
                             state,
                             cells.data() + (cells.empty() ? 0 : place * width),
                             layer.saved.data == nullptr ? nullptr : layer.saved.row(row)};
      layer.cell == Cell::gru ? gru_row(at, width) : lstm_row(at, width);
      std::copy_n(state, width, layer.output.row(row));
    }
  }
}

// Gradients at one turn: `state` [width] is what reaches its output, and becomes what reaches the state before it but
// for what passes through the gates. `cell`: the same of the LSTM's cell state.
template <class T>
struct SlopeRow {
  const T* saved;
  const T* saved_before;  // nullptr at the first turn
  const T* before;        // the state before
  T* state;
  T* cell;
  T* input_slope;
  T* hidden_slope;
};

template <class T>
HWY_INLINE void gru_backward_row(const SlopeRow<T>& r, std::int64_t width) {
  for_each_vector<T>(width, [&](std::int64_t u, std::int64_t n) HWY_ATTR {
    const auto saved = [&](std::int64_t number) HWY_ATTR { return load(r.saved + number * width + u, n); };
    const GruGates<Lanes<T>> gates = {saved(0), saved(1), saved(2), saved(3)};
    const GruSlopes<Lanes<T>> slopes = gru_backward(gates, load(r.before + u, n), load<T>(r.state + u, n));
    store(slopes.reset, r.input_slope + u, n);
    store(slopes.update, r.input_slope + width + u, n);
    store(slopes.input_candidate, r.input_slope + 2 * width + u, n);
    store(slopes.reset, r.hidden_slope + u, n);
    store(slopes.update, r.hidden_slope + width + u, n);
    store(slopes.hidden_candidate, r.hidden_slope + 2 * width + u, n);
    store(slopes.before, r.state + u, n);
  });
}

template <class T>
HWY_INLINE void lstm_backward_row(const SlopeRow<T>& r, std::int64_t width) {
  for_each_vector<T>(width, [&](std::int64_t u, std::int64_t n) HWY_ATTR {
    const auto saved = [&](std::int64_t number) HWY_ATTR { return load(r.saved + number * width + u, n); };
    const LstmGates<Lanes<T>> gates = {saved(0), saved(1), saved(2), saved(3), saved(4)};
    const Lanes<T> before = r.saved_before == nullptr ? Lanes<T>() : load(r.saved_before + 4 * width + u, n);
    const LstmSlopes<Lanes<T>> slopes = lstm_backward(gates, before, load<T>(r.state + u, n), load<T>(r.cell + u, n));
    const Lanes<T> by_gate[4] = {slopes.input, slopes.forget, slopes.candidate, slopes.output};
    for (std::int64_t gate = 0; gate < 4; ++gate) {
      store(by_gate[gate], r.input_slope + gate * width + u, n);
      store(by_gate[gate], r.hidden_slope + gate * width + u, n);
    }
    store(Lanes<T>(), r.state + u, n);
    store(slopes.cell_before, r.cell + u, n);
  });
}

template <class T>
HWY_INLINE void add_to(T* to, const T* from, std::int64_t count) {
  for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n)
                                HWY_ATTR { store(load<T>(to + i, n) + load(from + i, n), to + i, n); });
}

template <class T>
void recurrent_backward(const RecurrentBackward<T>& layer) {
  const Schedule schedule(layer.dialogues, layer.reverse);
  const std::int64_t width = layer.width;
  const std::int64_t gates = gates_of(layer.cell) * width;
  std::vector<T> states(std::size_t(schedule.dialogues() * width));  // gradients of the states
  std::vector<T> cells(layer.cell == Cell::lstm ? states.size() : 0);
  std::vector<T> slopes(std::size_t(schedule.dialogues() * gates));
  for (std::int64_t step = schedule.steps() - 1; step >= 0; --step) {
    const std::int64_t active = schedule.active(step);
    for (std::int64_t place = 0; place < active; ++place) {
      const std::int64_t row = schedule.row(place, step);
      T* const state = states.data() + place * width;
      T* const slope = slopes.data() + place * gates;
      T* const before = layer.before.row(row);
      if (step == 0) {
        std::fill_n(before, width, T(0));
      } else {
        std::copy_n(layer.output.row(schedule.row_before(place, step)), width, before);
      }
      add_to(state, layer.gradient.row(row), width);
      const SlopeRow<T> at = {layer.saved.row(row),
                              step == 0 ? nullptr : layer.saved.row(schedule.row_before(place, step)),
                              before,
                              state,
                              cells.data() + (cells.empty() ? 0 : place * width),
                              layer.input_slope.row(row),
                              slope};
      layer.cell == Cell::gru ? gru_backward_row(at, width) : lstm_backward_row(at, width);
      std::copy_n(slope, gates, layer.hidden_slope.row(row));
    }
    if (step > 0) {
      product<T>(
          {active, width, gates, slopes.data(), gates, 1, {layer.hidden_weight, width}, {states.data(), width}, true});
    }
  }
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
