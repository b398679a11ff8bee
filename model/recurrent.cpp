#include "model/recurrent.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>

#include "model/device/ops.hpp"
#include "model/node.hpp"

namespace mer::model {
namespace {

// One layer's shape, and its four weights of each direction.
struct Directions {
  kernels::Cell cell;
  std::int64_t width;
  std::vector<at::Tensor> weights;
  LayoutPtr layout;

  std::size_t count() const { return weights.size() / 4; }
  std::int64_t gates() const { return kernels::gates_of(cell) * width; }
  const at::Tensor& input_weight(std::size_t direction) const { return weights[4 * direction]; }
  const at::Tensor& hidden_weight(std::size_t direction) const { return weights[4 * direction + 1]; }
  const at::Tensor& input_bias(std::size_t direction) const { return weights[4 * direction + 2]; }
  const at::Tensor& hidden_bias(std::size_t direction) const { return weights[4 * direction + 3]; }
};

// saved: one tensor a direction, [rows, saved_of * width]; empty: not wanted.
template <class T>
void forward(const Directions& layer, const at::Tensor& x, const at::Tensor& output,
             const std::vector<at::Tensor>& saved) {
  const at::Tensor projected = at::empty({x.size(0), layer.gates()}, x.scalar_type());
  for (std::size_t slot = 0; slot < layer.layout->slots.size(); ++slot) {
    const SlotRows& part = layer.layout->slots[slot];
    if (part.rows() == 0) continue;
    for (std::size_t direction = 0; direction < layer.count(); ++direction) {
      multiply<T>(part.rows(), layer.gates(), x.size(1), operand(const_matrix<T>(x, part.begin)),
                  {slot_data<T>(layer.input_weight(direction), slot), x.size(1), true},
                  matrix<T>(projected, part.begin));
      kernels::kernels<T>().recurrent(
          {layer.cell, direction == 1, layer.width, part.dialogues, const_matrix<T>(projected, part.begin),
           slot_data<T>(layer.hidden_weight(direction), slot), slot_data<T>(layer.input_bias(direction), slot),
           slot_data<T>(layer.hidden_bias(direction), slot),
           matrix<T>(output, part.begin, std::int64_t(direction) * layer.width),
           saved.empty() ? Matrix<T>() : matrix<T>(saved[direction], part.begin)});
    }
  }
}

struct Saved {
  at::Tensor x, output;
  std::vector<at::Tensor> gates;
};

// gradients: of the weights, in their order. x_gradient: undefined: not wanted.
template <class T>
void backward(const Directions& layer, const Saved& saved, const at::Tensor& gradient, const at::Tensor& x_gradient,
              const std::vector<at::Tensor>& gradients) {
  const std::int64_t inputs = saved.x.size(1);
  const std::int64_t gates = layer.gates();
  const at::Tensor input_slopes = at::empty({saved.x.size(0), gates}, gradient.scalar_type());
  const at::Tensor hidden_slopes = at::empty({saved.x.size(0), gates}, gradient.scalar_type());
  const at::Tensor befores = at::empty({saved.x.size(0), layer.width}, gradient.scalar_type());
  const auto& table = kernels::kernels<T>();
  for (std::size_t slot = 0; slot < layer.layout->slots.size(); ++slot) {
    const SlotRows& part = layer.layout->slots[slot];
    if (part.rows() == 0) continue;
    for (std::size_t direction = 0; direction < layer.count(); ++direction) {
      const std::int64_t column = std::int64_t(direction) * layer.width;
      table.recurrent_backward(
          {layer.cell, direction == 1, layer.width, part.dialogues, slot_data<T>(layer.hidden_weight(direction), slot),
           const_matrix<T>(gradient, part.begin, column), const_matrix<T>(saved.output, part.begin, column),
           const_matrix<T>(saved.gates[direction], part.begin), matrix<T>(input_slopes, part.begin),
           matrix<T>(hidden_slopes, part.begin), matrix<T>(befores, part.begin)});
      const Matrix<const T> input_slope = const_matrix<T>(input_slopes, part.begin);
      const Matrix<const T> hidden_slope = const_matrix<T>(hidden_slopes, part.begin);
      const std::size_t first = 4 * direction;
      multiply<T>(gates, inputs, part.rows(), transposed(input_slope), operand(const_matrix<T>(saved.x, part.begin)),
                  {slot_data<T>(gradients[first], slot), inputs});
      multiply<T>(gates, layer.width, part.rows(), transposed(hidden_slope),
                  operand(const_matrix<T>(befores, part.begin)),
                  {slot_data<T>(gradients[first + 1], slot), layer.width});
      table.activate_backward({part.rows(), gates, input_slope, {}, {}, slot_data<T>(gradients[first + 2], slot)});
      table.activate_backward({part.rows(), gates, hidden_slope, {}, {}, slot_data<T>(gradients[first + 3], slot)});
      if (!x_gradient.defined()) continue;
      multiply<T>(part.rows(), inputs, gates, operand(input_slope),
                  {slot_data<T>(layer.input_weight(direction), slot), inputs, false}, matrix<T>(x_gradient, part.begin),
                  /*accumulate=*/direction > 0);
    }
  }
}

}  // namespace

RecurrentLayer::RecurrentLayer(Parameters& parameters, const std::string& name, const ModelSettings& settings)
    : cell_(settings.recurrent == Recurrent::lstm || settings.recurrent == Recurrent::bilstm ? kernels::Cell::lstm
                                                                                             : kernels::Cell::gru),
      both_directions_(settings.recurrent == Recurrent::bigru || settings.recurrent == Recurrent::bilstm),
      width_(both_directions_ && settings.recurrent_width == RecurrentWidth::split ? settings.hidden / 2
                                                                                   : settings.hidden),
      projected_(both_directions_ && settings.recurrent_width == RecurrentWidth::full) {
  const std::int64_t gates = kernels::gates_of(cell_) * width_;
  const double bound = 1 / std::sqrt(double(width_));
  for (const std::string& direction :
       both_directions_ ? std::vector<std::string>{"", "_reverse"} : std::vector<std::string>{""}) {
    const std::string suffix = "_l0" + direction;
    weights_.push_back(&parameters.add(name + ".weight_ih" + suffix, {gates, settings.hidden}, bound));
    weights_.push_back(&parameters.add(name + ".weight_hh" + suffix, {gates, width_}, bound));
    weights_.push_back(&parameters.add(name + ".bias_ih" + suffix, {gates}, bound));
    weights_.push_back(&parameters.add(name + ".bias_hh" + suffix, {gates}, bound));
  }
  if (projected_) projection_ = Linear(parameters, name + ".projection", int(2 * width_), settings.hidden);
}

at::Tensor RecurrentLayer::operator()(const at::Tensor& x, const LayoutPtr& layout) const {
  if (layout->device) {
    const at::Tensor output = on_gpu::recurrent(x, cell_, width_, weights_, layout);
    return projected_ ? projection_(output, layout) : output;
  }
  std::vector<at::Tensor> inputs = {x};
  Directions layer{cell_, width_, {}, layout};
  for (const Parameter* weight : weights_) {
    inputs.push_back(weight->values);
    layer.weights.push_back(weight->values.detach());
  }
  Saved saved{x.detach().contiguous(), {}, {}};
  at::Tensor output;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    output = at::empty({x.size(0), std::int64_t(layer.count()) * width_}, x.scalar_type());
    for (std::size_t direction = 0; records(inputs) && direction < layer.count(); ++direction) {
      saved.gates.push_back(at::empty({x.size(0), kernels::saved_of(cell_) * width_}, x.scalar_type()));
    }
    with_type(x.scalar_type(), [&]<class T>(T) { forward<T>(layer, saved.x, output, saved.gates); });
  }
  if (records(inputs)) {
    saved.output = output.detach();
    record(output, inputs, [layer, saved, wants_x = x.requires_grad()](const at::Tensor& gradient) {
      std::vector<at::Tensor> gradients = {wants_x ? at::empty_like(saved.x) : at::Tensor()};
      std::vector<at::Tensor> of_weights;
      for (const at::Tensor& weight : layer.weights) of_weights.push_back(at::empty_like(weight));
      with_type(gradient.scalar_type(),
                [&]<class T>(T) { backward<T>(layer, saved, gradient, gradients.front(), of_weights); });
      gradients.insert(gradients.end(), of_weights.begin(), of_weights.end());
      return gradients;
    });
  }
  return projected_ ? projection_(output, layout) : output;
}

}  // namespace mer::model
