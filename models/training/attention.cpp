// Neighbourhood attention for training on a CPU: the same arithmetic as NATTEN 0.14.6 with allin1's padding,
// computed only for frames that exist. What lies beyond the last frame are keys and values equal to their biases.
//
// Rows are parallel; within a row everything is in order, so one number of threads always gives the same bits.
#include <torch/extension.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

constexpr int KERNEL = 5;
constexpr int NEIGHBOURS = KERNEL / 2;

// First key of the window of `index` among `length` frames; the others follow at `dilation`.
inline int64_t window_start(int64_t index, int64_t length, int64_t dilation) {
  const int64_t phase = index % dilation;
  const int64_t count = (length - phase + dilation - 1) / dilation;
  const int64_t at = index / dilation;
  const int64_t first = std::min(std::max(at - NEIGHBOURS, int64_t(0)), count - KERNEL);
  return phase + first * dilation;
}

template <int D>
inline float dot(const float* a, const float* b) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int c = 0; c < D; c++) sum += a[c] * b[c];
  return sum;
}

template <int D>
inline void add_scaled(float* to, const float* from, float factor) {
#pragma omp simd
  for (int c = 0; c < D; c++) to[c] += factor * from[c];
}

template <int N>
inline void softmax(float* s) {
  float top = s[0];
  for (int j = 1; j < N; j++) top = std::max(top, s[j]);
  float sum = 0;
  for (int j = 0; j < N; j++) sum += s[j] = std::exp(s[j] - top);
  const float factor = 1 / sum;
  for (int j = 0; j < N; j++) s[j] *= factor;
}

// d(scores) from probabilities and d(probabilities), in place.
template <int N>
inline void softmax_backward(const float* p, float* d) {
  float sum = 0;
  for (int j = 0; j < N; j++) sum += p[j] * d[j];
  for (int j = 0; j < N; j++) d[j] = p[j] * (d[j] - sum);
}

// Along time. qkv [rows, frames, 3 * H * D], pad [3 * H * D] (what a row of zeros gives), rpb [H, 9].
template <int D>
void time_forward(const float* qkv, const float* pad, const float* rpb, float* out, float* probs, int64_t rows,
                  int64_t frames, int64_t heads, int64_t length, int64_t dilation) {
  const int64_t width = heads * D, step = 3 * width;
  const float scale = 1 / std::sqrt(float(D));
  at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* base = qkv + r * frames * step;
      for (int64_t t = 0; t < frames; t++) {
        const int64_t first = window_start(t, length, dilation);
        const int64_t bias = (first - t) / dilation + KERNEL - 1;
        const float* keys[KERNEL];
        for (int j = 0; j < KERNEL; j++) {
          const int64_t at = first + j * dilation;
          keys[j] = at < frames ? base + at * step : pad;
        }
        for (int64_t h = 0; h < heads; h++) {
          const float* q = base + t * step + h * D;
          float* p = probs + ((r * frames + t) * heads + h) * KERNEL;
          for (int j = 0; j < KERNEL; j++)
            p[j] = scale * dot<D>(q, keys[j] + width + h * D) + rpb[h * (2 * KERNEL - 1) + bias + j];
          softmax<KERNEL>(p);
          float* o = out + (r * frames + t) * width + h * D;
          float sum[D] = {};
          for (int j = 0; j < KERNEL; j++) add_scaled<D>(sum, keys[j] + 2 * width + h * D, p[j]);
          std::copy(sum, sum + D, o);
        }
      }
    }
  });
}

template <int D>
void time_backward(const float* qkv, const float* pad, const float* probs, const float* d_out, float* d_qkv,
                   float* d_pad, float* d_rpb, int64_t rows, int64_t frames, int64_t heads, int64_t length,
                   int64_t dilation) {
  const int64_t width = heads * D, step = 3 * width, biases = heads * (2 * KERNEL - 1);
  const float scale = 1 / std::sqrt(float(D));
  // d_pad [rows, step] and d_rpb [rows, biases]: the caller sums over rows.
  at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; r++) {
      const float* base = qkv + r * frames * step;
      float* d_base = d_qkv + r * frames * step;
      for (int64_t t = 0; t < frames; t++) {
        const int64_t first = window_start(t, length, dilation);
        const int64_t bias = (first - t) / dilation + KERNEL - 1;
        const float* keys[KERNEL];
        float* d_keys[KERNEL];
        for (int j = 0; j < KERNEL; j++) {
          const int64_t at = first + j * dilation;
          keys[j] = at < frames ? base + at * step : pad;
          d_keys[j] = at < frames ? d_base + at * step : d_pad + r * step;
        }
        for (int64_t h = 0; h < heads; h++) {
          const float* p = probs + ((r * frames + t) * heads + h) * KERNEL;
          const float* d_o = d_out + (r * frames + t) * width + h * D;
          const float* q = base + t * step + h * D;
          float* d_q = d_base + t * step + h * D;
          float d[KERNEL];
          for (int j = 0; j < KERNEL; j++) d[j] = dot<D>(d_o, keys[j] + 2 * width + h * D);
          softmax_backward<KERNEL>(p, d);
          float sum[D] = {};
          for (int j = 0; j < KERNEL; j++) {
            d_rpb[r * biases + h * (2 * KERNEL - 1) + bias + j] += d[j];
            add_scaled<D>(d_keys[j] + 2 * width + h * D, d_o, p[j]);
            add_scaled<D>(sum, keys[j] + width + h * D, d[j] * scale);
            add_scaled<D>(d_keys[j] + width + h * D, q, d[j] * scale);
          }
          for (int c = 0; c < D; c++) d_q[c] += sum[c];
        }
      }
    }
  });
}

// Over stems and time. qkv [batch, stems, frames, 3 * H * D]; windows of 5 stems (those beyond the last are `pad`) by
// 5 frames; rpb [H, 9, 9]; probs [batch, stems, frames, H, 25].
template <int D, bool BACKWARD>
void stems_attention(const float* qkv, const float* pad, const float* rpb, float* probs, float* out,
                     const float* d_out, float* d_qkv, float* d_pad, float* d_rpb, int64_t batch, int64_t stems,
                     int64_t frames, int64_t heads, int64_t length) {
  constexpr int N = KERNEL * KERNEL;
  constexpr int SIDE = 2 * KERNEL - 1;
  const int64_t width = heads * D, step = 3 * width, blocks = 8;
  const float scale = 1 / std::sqrt(float(D));
  // The backward pass adds to keys of neighbouring frames, so there a thread takes one head of a whole item.
  const int64_t parts = BACKWARD ? heads : blocks;
  at::parallel_for(0, batch * parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; part++) {
      const int64_t n = part / parts, b = part % parts;
      const float* base = qkv + n * stems * frames * step;
      const int64_t t_begin = BACKWARD ? 0 : frames * b / parts, t_end = BACKWARD ? frames : frames * (b + 1) / parts;
      const int64_t h_begin = BACKWARD ? b : 0, h_end = BACKWARD ? b + 1 : heads;
      for (int64_t t = t_begin; t < t_end; t++) {
        const int64_t first = window_start(t, length, 1);
        const int64_t column = first - t + KERNEL - 1;
        const float* keys[N];
        float* d_keys[N];
        for (int m = 0; m < KERNEL; m++)
          for (int j = 0; j < KERNEL; j++) {
            const int64_t offset = (m * frames + first + j) * step;
            const bool is_pad = m >= stems || first + j >= frames;
            keys[m * KERNEL + j] = is_pad ? pad : base + offset;
            if (BACKWARD)
              d_keys[m * KERNEL + j] = is_pad ? d_pad + n * step : d_qkv + n * stems * frames * step + offset;
          }
        for (int64_t i = 0; i < stems; i++)
          for (int64_t h = h_begin; h < h_end; h++) {
            const int64_t at = (n * stems + i) * frames + t;
            const float* q = qkv + at * step + h * D;
            float* p = probs + (at * heads + h) * N;
            const int64_t row0 = (h * SIDE + KERNEL - 1 - i) * SIDE + column;
            if (!BACKWARD) {
              for (int m = 0; m < KERNEL; m++)
                for (int j = 0; j < KERNEL; j++)
                  p[m * KERNEL + j] =
                      scale * dot<D>(q, keys[m * KERNEL + j] + width + h * D) + rpb[row0 + m * SIDE + j];
              softmax<N>(p);
              float sum[D] = {};
              for (int j = 0; j < N; j++) add_scaled<D>(sum, keys[j] + 2 * width + h * D, p[j]);
              std::copy(sum, sum + D, out + at * width + h * D);
            } else {
              const float* d_o = d_out + at * width + h * D;
              float d[N];
              for (int j = 0; j < N; j++) d[j] = dot<D>(d_o, keys[j] + 2 * width + h * D);
              softmax_backward<N>(p, d);
              float sum[D] = {};
              for (int j = 0; j < N; j++) {
                d_rpb[n * heads * SIDE * SIDE + row0 + (j / KERNEL) * SIDE + j % KERNEL] += d[j];
                add_scaled<D>(d_keys[j] + 2 * width + h * D, d_o, p[j]);
                add_scaled<D>(sum, keys[j] + width + h * D, d[j] * scale);
                add_scaled<D>(d_keys[j] + width + h * D, q, d[j] * scale);
              }
              float* d_q = d_qkv + at * step + h * D;
              for (int c = 0; c < D; c++) d_q[c] += sum[c];
            }
          }
      }
    }
  });
}

template <typename Work>
void for_head_width(int64_t width, Work work) {
  switch (width) {
    case 8: return work(std::integral_constant<int, 8>());
    case 12: return work(std::integral_constant<int, 12>());
    case 16: return work(std::integral_constant<int, 16>());
    case 20: return work(std::integral_constant<int, 20>());
    case 24: return work(std::integral_constant<int, 24>());
    default: TORCH_CHECK(false, "A head must be 8, 12, 16, 20 or 24 wide, but is ", width);
  }
}

void check(const torch::Tensor& t) {
  TORCH_CHECK(t.is_contiguous() && t.scalar_type() == torch::kFloat32, "Expected contiguous float32");
}

using Tensors = std::vector<torch::Tensor>;

Tensors time_attention(torch::Tensor qkv, torch::Tensor pad, torch::Tensor rpb, int64_t length, int64_t dilation) {
  for (const auto& t : {qkv, pad, rpb}) check(t);
  const int64_t rows = qkv.size(0), frames = qkv.size(1), heads = rpb.size(0), width = qkv.size(2) / 3;
  TORCH_CHECK(length >= KERNEL * dilation && length >= frames, "The window is longer than what it lies in");
  auto out = torch::empty({rows, frames, width}, qkv.options());
  auto probs = torch::empty({rows, frames, heads, KERNEL}, qkv.options());
  for_head_width(width / heads, [&](auto d) {
    time_forward<decltype(d)::value>(qkv.data_ptr<float>(), pad.data_ptr<float>(), rpb.data_ptr<float>(),
                                     out.data_ptr<float>(), probs.data_ptr<float>(), rows, frames, heads, length,
                                     dilation);
  });
  return {out, probs};
}

Tensors time_attention_backward(torch::Tensor qkv, torch::Tensor pad, torch::Tensor probs, torch::Tensor d_out,
                                int64_t length, int64_t dilation) {
  for (const auto& t : {qkv, pad, probs, d_out}) check(t);
  const int64_t rows = qkv.size(0), frames = qkv.size(1), heads = probs.size(2), width = qkv.size(2) / 3;
  auto d_qkv = torch::zeros_like(qkv);
  auto d_pad = torch::zeros({rows, 3 * width}, qkv.options());
  auto d_rpb = torch::zeros({rows, heads, 2 * KERNEL - 1}, qkv.options());
  for_head_width(width / heads, [&](auto d) {
    time_backward<decltype(d)::value>(qkv.data_ptr<float>(), pad.data_ptr<float>(), probs.data_ptr<float>(),
                                      d_out.data_ptr<float>(), d_qkv.data_ptr<float>(), d_pad.data_ptr<float>(),
                                      d_rpb.data_ptr<float>(), rows, frames, heads, length, dilation);
  });
  return {d_qkv, d_pad.sum(0), d_rpb.sum(0)};
}

Tensors stem_attention(torch::Tensor qkv, torch::Tensor pad, torch::Tensor rpb, int64_t length) {
  for (const auto& t : {qkv, pad, rpb}) check(t);
  const int64_t batch = qkv.size(0), stems = qkv.size(1), frames = qkv.size(2), heads = rpb.size(0),
                width = qkv.size(3) / 3;
  TORCH_CHECK(stems <= KERNEL && length >= KERNEL && length >= frames, "Too many stems or too few frames");
  auto out = torch::empty({batch, stems, frames, width}, qkv.options());
  auto probs = torch::empty({batch, stems, frames, heads, KERNEL * KERNEL}, qkv.options());
  for_head_width(width / heads, [&](auto d) {
    stems_attention<decltype(d)::value, false>(qkv.data_ptr<float>(), pad.data_ptr<float>(), rpb.data_ptr<float>(),
                                               probs.data_ptr<float>(), out.data_ptr<float>(), nullptr, nullptr,
                                               nullptr, nullptr, batch, stems, frames, heads, length);
  });
  return {out, probs};
}

Tensors stem_attention_backward(torch::Tensor qkv, torch::Tensor pad, torch::Tensor probs, torch::Tensor d_out,
                                int64_t length) {
  for (const auto& t : {qkv, pad, probs, d_out}) check(t);
  const int64_t batch = qkv.size(0), stems = qkv.size(1), frames = qkv.size(2), heads = probs.size(3),
                width = qkv.size(3) / 3;
  auto d_qkv = torch::zeros_like(qkv);
  auto d_pad = torch::zeros({batch, 3 * width}, qkv.options());
  auto d_rpb = torch::zeros({batch, heads, 2 * KERNEL - 1, 2 * KERNEL - 1}, qkv.options());
  for_head_width(width / heads, [&](auto d) {
    stems_attention<decltype(d)::value, true>(
        qkv.data_ptr<float>(), pad.data_ptr<float>(), nullptr, probs.data_ptr<float>(), nullptr,
        d_out.data_ptr<float>(), d_qkv.data_ptr<float>(), d_pad.data_ptr<float>(), d_rpb.data_ptr<float>(), batch,
        stems, frames, heads, length);
  });
  return {d_qkv, d_pad.sum(0), d_rpb.sum(0)};
}

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("time_attention", &time_attention);
  module.def("time_attention_backward", &time_attention_backward);
  module.def("stem_attention", &stem_attention);
  module.def("stem_attention_backward", &stem_attention_backward);
}
