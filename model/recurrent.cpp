#include "model/recurrent.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <torch/csrc/autograd/custom_function.h>

namespace mer::model {

namespace {

// rows[order]; order is a permutation, so the gradient is a gather with its inverse rather than a scatter.
struct Permute : torch::autograd::Function<Permute> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& rows, const at::Tensor& order,
                            const at::Tensor& inverse) {
    context->saved_data["inverse"] = inverse;
    return rows.index_select(0, order);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    return {gradients[0].index_select(0, context->saved_data["inverse"].toTensor()), {}, {}};
  }
};

}  // namespace

RecurrentLayer::RecurrentLayer(Parameters& parameters, const std::string& name, const ModelSettings& settings)
    : lstm_(settings.recurrent == Recurrent::lstm || settings.recurrent == Recurrent::bilstm),
      both_directions_(settings.recurrent == Recurrent::bigru || settings.recurrent == Recurrent::bilstm),
      width_(both_directions_ && settings.recurrent_width == RecurrentWidth::split ? settings.hidden / 2
                                                                                   : settings.hidden),
      projected_(both_directions_ && settings.recurrent_width == RecurrentWidth::full) {
  const int gates = (lstm_ ? 4 : 3) * width_;
  const double bound = 1 / std::sqrt(double(width_));
  for (const std::string& direction :
       both_directions_ ? std::vector<std::string>{"", "_reverse"} : std::vector<std::string>{""}) {
    const std::string suffix = "_l0" + direction;
    weights_.push_back(parameters.add(name + ".weight_ih" + suffix, {gates, settings.hidden}, bound));
    weights_.push_back(parameters.add(name + ".weight_hh" + suffix, {gates, width_}, bound));
    weights_.push_back(parameters.add(name + ".bias_ih" + suffix, {gates}, bound));
    weights_.push_back(parameters.add(name + ".bias_hh" + suffix, {gates}, bound));
  }
  if (projected_) projection_ = Linear(parameters, name + ".projection", 2 * width_, settings.hidden);
}

PerSlot RecurrentLayer::operator()(const PerSlot& x, const std::vector<SlotRows>& rows) const {
  PerSlot result(x.size());
  for (std::size_t slot = 0; slot < x.size(); ++slot) {
    if (!x[slot].defined()) continue;
    const SlotRows& lie = rows[slot];
    std::vector<at::Tensor> weights;
    for (const PerSlot& weight : weights_) weights.push_back(weight[slot]);
    const at::Tensor packed = Permute::apply(x[slot], lie.time_major, lie.from_packed);
    const std::int64_t dialogues = std::int64_t(lie.dialogues.size()) - 1;
    const at::Tensor start = at::zeros({both_directions_ ? 2 : 1, dialogues, width_}, packed.options());
    const at::Tensor output =
        lstm_ ? std::get<0>(
                    at::lstm(packed, lie.batch_sizes, {start, start}, weights, true, 1, 0.0, false, both_directions_))
              : std::get<0>(at::gru(packed, lie.batch_sizes, start, weights, true, 1, 0.0, false, both_directions_));
    result[slot] = Permute::apply(output, lie.from_packed, lie.time_major);
  }
  return projected_ ? projection_(result) : result;
}

}  // namespace mer::model
