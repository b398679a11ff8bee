// The arithmetic of one unit of a recurrent cell, forward and backward, written once for every number type: plain
// numbers, vectors of them, and the numbers of CUDA threads.
//
// To be included inside a namespace, once for each instruction set, after MER_HOST_DEVICE is defined: vector code of
// one set must not be shared with another. V has + - * and a constructor from a number; sigmoid(V) and tanh(V) are
// found by argument-dependent lookup. Source: PyTorch's nn.GRU and nn.LSTM. Threads: pure functions.

// r, z, n and the hidden part of n: what a GRU's backward pass needs.
template <class V>
struct GruGates {
  V reset, update, candidate, hidden_candidate;
};

// reset, update: sums of the input's and the state's part. h' = n + z (h - n), n = tanh(input + r * hidden).
template <class V>
MER_HOST_DEVICE inline GruGates<V> gru_gates(V reset, V update, V input_candidate, V hidden_candidate) {
  const V r = sigmoid(reset);
  return {r, sigmoid(update), tanh(input_candidate + r * hidden_candidate), hidden_candidate};
}
template <class V>
MER_HOST_DEVICE inline V gru_state(const GruGates<V>& gates, V before) {
  return gates.candidate + gates.update * (before - gates.candidate);
}

template <class V>
struct GruSlopes {
  V reset, update, input_candidate, hidden_candidate;
  V before;  // without what passes through the gates
};
template <class V>
MER_HOST_DEVICE inline GruSlopes<V> gru_backward(const GruGates<V>& gates, V before, V gradient) {
  const V one(1);
  const V candidate = gradient * (one - gates.update) * (one - gates.candidate * gates.candidate);
  const V update = gradient * (before - gates.candidate) * gates.update * (one - gates.update);
  const V reset = candidate * gates.hidden_candidate * gates.reset * (one - gates.reset);
  return {reset, update, candidate, candidate * gates.reset, gradient * gates.update};
}

// i, f, g, o and the new cell state c.
template <class V>
struct LstmGates {
  V input, forget, candidate, output, cell;
};
template <class V>
MER_HOST_DEVICE inline LstmGates<V> lstm_gates(V input, V forget, V candidate, V output, V cell_before) {
  const V i = sigmoid(input);
  const V f = sigmoid(forget);
  const V g = tanh(candidate);
  return {i, f, g, sigmoid(output), f * cell_before + i * g};
}
template <class V>
MER_HOST_DEVICE inline V lstm_state(const LstmGates<V>& gates) {
  return gates.output * tanh(gates.cell);
}

template <class V>
struct LstmSlopes {
  V input, forget, candidate, output;
  V cell_before;
};
// cell_gradient: what later turns ask of the cell state.
template <class V>
MER_HOST_DEVICE inline LstmSlopes<V> lstm_backward(const LstmGates<V>& gates, V cell_before, V gradient,
                                                   V cell_gradient) {
  const V one(1);
  const V squashed = tanh(gates.cell);
  const V cell = cell_gradient + gradient * gates.output * (one - squashed * squashed);
  return {cell * gates.candidate * gates.input * (one - gates.input),
          cell * cell_before * gates.forget * (one - gates.forget),
          cell * gates.input * (one - gates.candidate * gates.candidate),
          gradient * squashed * gates.output * (one - gates.output), cell * gates.forget};
}
