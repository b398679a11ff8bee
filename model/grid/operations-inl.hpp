// operations_of<Q, T>(): the table of a runtime Q that has launch(), launch_blocks() and multiply().
#pragma once

#include "model/grid/attention-inl.hpp"
#include "model/grid/encoder-inl.hpp"
#include "model/grid/linear-inl.hpp"
#include "model/grid/losses-inl.hpp"
#include "model/grid/recurrent-inl.hpp"
#include "model/grid/rows-inl.hpp"
#include "model/grid/update-inl.hpp"

namespace mer::grid {

template <class Q, class T>
Operations<T> operations_of() {
  return {linear<Q, T>,
          linear_backward<Q, T>,
          recurrent<Q, T>,
          recurrent_backward<Q, T>,
          attention<Q, T>,
          attention_backward<Q, T>,
          dropout<Q, T>,
          gather<Q, T>,
          gather_features<Q, T>,
          copy_columns<Q, T>,
          positions<Q, T>,
          layer_norm<Q, T>,
          gelu<Q, T>,
          dialogue_means<Q, T>,
          count_rows<Q>,
          cross_entropy<Q, T>,
          cross_entropy_backward<Q, T>,
          moment_discrepancy<Q, T>,
          moment_discrepancy_backward<Q, T>,
          unit_rows<Q, T>,
          unit_rows_backward<Q, T>,
          overlap<Q, T>,
          overlap_backward<Q, T>,
          squared_error<Q, T>,
          squared_error_backward<Q, T>,
          update<Q, T>,
          add_elements<Q, T>,
          multiply_elements<Q, T>,
          fill_elements<Q, T>};
}

}  // namespace mer::grid
