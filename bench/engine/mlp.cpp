// The passes of an MLP over tiles of rows: a tile goes through all layers while it is in the processor's cache.
//
// `inrbench.bench.engine.compiled_mlp` puts the functions `value` and `vjp` of its nonlinearities before this, and has
// the structures again in Python. Matrices are contiguous, row after row.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace {

using Int = int64_t;

// C (m, n) = A B, or C += A B, with the distances of their rows; `at::native::cpublas::brgemm`.
using Multiply = void (*)(Int m, Int n, Int k, Int a_row, Int b_row, Int c_row, bool add, const float* a, const float* b,
                          float* c, bool packed);

// `sgemm` of BLAS, which reads matrices column after column.
using Sgemm = void (*)(const char* a_as, const char* b_as, const int* m, const int* n, const int* k, const float* factor,
                       const float* a, const int* a_column, const float* b, const int* b_column, const float* old,
                       float* c, const int* c_column);

struct Affine {
    const float* matrix;  // (out, in); null where there is no map
    const float* bias;    // (out,)
    Int out, in;
    Int at;  // index of its gradients, first those of the matrix, among all
};

struct Layer {
    Affine map, filter;
    Int function;      // number of its nonlinearity
    Int units, width;  // width: columns of the value
    const float* const* constants;
    Int trained, at;  // number of those that are trained, and index of their gradients among all
};

struct Network {
    const Layer* layers;
    Int depth;
    Affine head, skip;
    Int bounded;     // whether values are (1 + tanh v) / 2
    Int parameters;  // floats of all gradients
    Multiply multiply;
    Sgemm sgemm;  // null where the transposed factor of a product is copied for `multiply`
};

constexpr Int NARROW = 4;  // columns up to which a loop is faster than a library's product

Int aligned(Int floats) { return (floats + 15) / 16 * 16; }

void transpose(const float* source, Int rows, Int columns, float* target, Int target_row) {
    constexpr Int side = 16;
    for (Int j = 0; j < columns; j += side)
        for (Int i = 0; i < rows; i += side)
            at::vec::transpose_mxn<float>(source + i * columns + j, columns, target + j * target_row + i, target_row,
                                          std::min(side, rows - i), std::min(side, columns - j));
}

// sums (few, wide) += factorsᵀ lines, for factors (rows, few) and lines (rows, wide).
void add_outer(const float* factors, Int few, const float* lines, Int wide, Int rows, float* sums) {
    for (Int row = 0; row < rows; ++row, factors += few, lines += wide)
        for (Int k = 0; k < few; ++k) {
            const float factor = factors[k];
            float* sum = sums + k * wide;
#pragma omp simd
            for (Int j = 0; j < wide; ++j) sum[j] += factor * lines[j];
        }
}

// sums (wide,) += the sum of lines (rows, wide).
void add_rows(const float* lines, Int wide, Int rows, float* sums) {
    for (Int row = 0; row < rows; ++row, lines += wide)
#pragma omp simd
        for (Int j = 0; j < wide; ++j) sums[j] += lines[j];
}

Int saved_floats(const Layer& layer) {  // for one row
    return layer.filter.matrix ? layer.filter.out + 3 * layer.width : layer.map.out + layer.width;
}

Int saved_floats(const Network& net) {
    Int total = 0;
    for (Int i = 0; i < net.depth; ++i) total += saved_floats(net.layers[i]);
    return total;
}

Int widest(const Network& net) {  // of what maps and nonlinearities give
    Int most = std::max(net.head.out, net.skip.out);
    for (Int i = 0; i < net.depth; ++i)
        most = std::max({most, net.layers[i].map.out, net.layers[i].filter.out, net.layers[i].width});
    return most;
}

// The passes of one thread over tiles of at most `tile` rows, a multiple of 16.
class Passes {
   public:
    Passes(const Network& net, float* work, Int tile) : net(net), tile(tile), wide(widest(net)) {
        float* at = work;
        auto take = [&](Int floats) { return std::exchange(at, at + aligned(floats)); };
        turned_maps = take(net.parameters);
        for (float** buffer : {&of_value, &of_map, &of_filter}) *buffer = take(tile * wide);
        turned = take((tile + 16) * wide);
        const Int longest = std::max({wide, net.layers[0].map.in, net.skip.in});  // an encoding may be wider
        sums = take(NARROW * longest);
        bias_sums = take(wide);
        Int most = 0;
        for (Int i = 0; i < net.depth; ++i) most = std::max(most, net.layers[i].trained);
        of_trained = take(most);
        of_output = take(tile * net.head.out);
        end = at;
    }

    float* work_end() const { return end; }

    // The matrices as the forward pass multiplies by them.
    void turn_maps() {
        for (Int i = 0; i < net.depth; ++i)
            for (const Affine* map : {&net.layers[i].map, &net.layers[i].filter}) turn(*map);
        turn(net.head);
        turn(net.skip);
    }

    void forward(const float* x, float* values, float* saved, Int rows) const {
        const float* input = x;
        for (Int i = 0; i < net.depth; ++i) {
            const Layer& layer = net.layers[i];
            const Saved at(layer, saved, tile);
            if (layer.filter.matrix) {
                affine(layer.map, input, at.map, rows);
                affine(layer.filter, x, at.z, rows);
            } else {
                affine(layer.map, input, at.z, rows);
            }
            value(layer.function, at.z, at.y, layer.constants, rows, layer.units);
            if (layer.filter.matrix)
#pragma omp simd
                for (Int j = 0; j < rows * layer.width; ++j) at.product[j] = at.map[j] * at.y[j];
            input = at.product;
            saved = at.end;
        }
        affine(net.head, input, values, rows);
        if (net.skip.matrix) {
            add_to_rows(net.skip.bias, net.skip.out, rows, values);
            multiply(rows, net.skip.out, net.skip.in, x, turned_maps + net.skip.at, true, values);
        }
        if (net.bounded)
            for (Int j = 0; j < rows * net.head.out; ++j) values[j] = 0.5f * (1 + std::tanh(values[j]));
    }

    // Adds the gradients of the parameters for a gradient at the values.
    void backward(const float* x, const float* values, const float* gradient, const float* saved, float* gradients,
                  Int rows) const {
        if (net.bounded) {
            for (Int j = 0; j < rows * net.head.out; ++j)
                of_output[j] = gradient[j] * 2 * values[j] * (1 - values[j]);
            gradient = of_output;
        }
        const float* after = saved + tile * saved_floats(net);  // of what is saved of the layers that are left
        auto before = [&](Int i) {
            const Layer& layer = net.layers[i];
            after -= tile * saved_floats(layer);
            return Saved(layer, const_cast<float*>(after), tile);
        };
        Saved at = before(net.depth - 1);
        add_gradients(net.head, gradient, at.product, gradients, rows);
        if (net.skip.matrix) add_gradients(net.skip, gradient, x, gradients, rows);
        multiply(rows, net.head.in, net.head.out, gradient, net.head.matrix, false, of_value);
        for (Int i = net.depth - 1; i >= 0; --i) {
            const Layer& layer = net.layers[i];
            const Saved now = at;
            if (i) at = before(i - 1);
            if (layer.filter.matrix) {
#pragma omp simd
                for (Int j = 0; j < rows * layer.width; ++j) {
                    of_map[j] = of_value[j] * now.y[j];
                    of_filter[j] = of_value[j] * now.map[j];
                }
                vjp(layer.function, of_filter, now.z, now.y, of_value, of_trained, layer.constants, rows, layer.units);
                add_gradients(layer.filter, of_value, x, gradients, rows);
            } else {
                vjp(layer.function, of_value, now.z, now.y, of_map, of_trained, layer.constants, rows, layer.units);
                for (Int j = 0; j < layer.trained; ++j) gradients[layer.at + j] += of_trained[j];
            }
            add_gradients(layer.map, of_map, i ? at.product : x, gradients, rows);
            if (i) multiply(rows, layer.map.in, layer.map.out, of_map, layer.map.matrix, false, of_value);
        }
    }

   private:
    // What is saved of a layer, each of `tile` rows: pre-activation and value; with a filter, map and product too.
    struct Saved {
        float *z, *y, *map, *product, *end;

        Saved(const Layer& layer, float* at, Int tile) : z(at) {
            const bool filtered = layer.filter.matrix;
            y = z + tile * (filtered ? layer.filter.out : layer.map.out);
            map = filtered ? y + tile * layer.width : y;
            product = filtered ? map + tile * layer.width : y;
            end = product + tile * layer.width;
        }
    };

    void turn(const Affine& map) {
        if (map.matrix) transpose(map.matrix, map.out, map.in, turned_maps + map.at, map.out);
    }

    void multiply(Int m, Int n, Int k, const float* a, const float* b, bool add, float* c) const {
        net.multiply(m, n, k, k, n, n, add, a, b, c, false);
    }

    void affine(const Affine& map, const float* x, float* y, Int rows) const {
        const float* turned_map = turned_maps + map.at;
        if (map.in <= NARROW) {
            for (Int row = 0; row < rows; ++row) line(map, turned_map, x + row * map.in, y + row * map.out);
            return;
        }
        for (Int row = 0; row < rows; ++row) std::copy_n(map.bias, map.out, y + row * map.out);
        multiply(rows, map.out, map.in, x, turned_map, true, y);
    }

    static void line(const Affine& map, const float* turned_map, const float* x, float* y) {
        const Int out = map.out;
        const float *first = turned_map, *second = turned_map + out, *bias = map.bias;
        if (map.in == 2) {
            const float x0 = x[0], x1 = x[1];
#pragma omp simd
            for (Int j = 0; j < out; ++j) y[j] = bias[j] + x0 * first[j] + x1 * second[j];
            return;
        }
        std::copy_n(bias, out, y);
        for (Int k = 0; k < map.in; ++k) {
            const float factor = x[k];
            const float* column = turned_map + k * out;
#pragma omp simd
            for (Int j = 0; j < out; ++j) y[j] += factor * column[j];
        }
    }

    static void add_to_rows(const float* bias, Int out, Int rows, float* y) {
        for (Int row = 0; row < rows; ++row)
            for (Int j = 0; j < out; ++j) y[row * out + j] += bias[j];
    }

    void add_gradients(const Affine& map, const float* gradient, const float* x, float* gradients, Int rows) const {
        const Int out = map.out, in = map.in;
        float *matrix = gradients + map.at, *bias = matrix + out * in;
        // Sums of a tile first: sums of many rows would lose digits.
        std::fill_n(sums, std::min(in, out) <= NARROW ? in * out : 0, 0.f);
        std::fill_n(bias_sums, out, 0.f);
        if (in <= NARROW) {
            add_outer(x, in, gradient, out, rows, sums);
            for (Int k = 0; k < in; ++k)
                for (Int j = 0; j < out; ++j) matrix[j * in + k] += sums[k * out + j];
        } else if (out <= NARROW) {
            add_outer(gradient, out, x, in, rows, sums);
            for (Int j = 0; j < out * in; ++j) matrix[j] += sums[j];
        } else if (net.sgemm) {
            const int m = in, n = out, k = rows;
            const float one = 1;
            net.sgemm("N", "T", &m, &n, &k, &one, x, &m, gradient, &n, &one, matrix, &m);
        } else {
            const Int row = rows + 16;  // rows at a distance of a power of two would share a line of the cache
            transpose(gradient, rows, out, turned, row);
            net.multiply(out, in, rows, row, in, in, true, turned, x, matrix, false);
        }
        add_rows(gradient, out, rows, bias_sums);
        for (Int j = 0; j < out; ++j) bias[j] += bias_sums[j];
    }

    const Network& net;
    Int tile, wide;
    float *turned_maps, *of_value, *of_map, *of_filter, *turned, *sums, *bias_sums, *of_trained, *of_output, *end;
};

}  // namespace

extern "C" {

// Floats that are saved of a row for the backward pass.
Int saved_of_row(const Network* net) { return saved_floats(*net); }

// Floats of the memory that a pass works in.
Int work(const Network* net, Int tile) {
    const Int buffers = reinterpret_cast<uintptr_t>(Passes(*net, nullptr, tile).work_end()) / sizeof(float);
    return buffers + tile * (saved_floats(*net) + 2 * net->head.out);
}

// Values of rows; `saved`, whole tiles of rows, is null where no backward pass follows.
void forward(const Network* net, const float* x, float* values, float* saved, float* work, Int rows, Int tile) {
    Passes passes(*net, work, tile);
    passes.turn_maps();
    const Int inputs = net->layers[0].map.in, of_row = saved_floats(*net);
    for (Int start = 0; start < rows; start += tile)
        passes.forward(x + start * inputs, values + start * net->head.out,
                       saved ? saved + start * of_row : passes.work_end(), std::min(tile, rows - start));
}

// Adds gradients, for the gradient at the values of a forward pass.
void backward(const Network* net, const float* x, const float* values, const float* gradient, const float* saved,
              float* work, float* gradients, Int rows, Int tile) {
    const Passes passes(*net, work, tile);
    const Int inputs = net->layers[0].map.in, channels = net->head.out, of_row = saved_floats(*net);
    for (Int start = 0; start < rows; start += tile)
        passes.backward(x + start * inputs, values + start * channels, gradient + start * channels,
                        saved + start * of_row, gradients, std::min(tile, rows - start));
}

// The sum of the squared errors, whose gradient times `scale` is added: both passes of a tile after each other.
double least_squares(const Network* net, const float* x, const float* targets, float scale, float* work,
                     float* gradients, Int rows, Int tile) {
    Passes passes(*net, work, tile);
    passes.turn_maps();
    const Int inputs = net->layers[0].map.in, channels = net->head.out;
    float *values = passes.work_end(), *gradient = values + tile * channels, *saved = gradient + tile * channels;
    double total = 0;
    for (Int start = 0; start < rows; start += tile) {
        const Int count = std::min(tile, rows - start);
        const float *input = x + start * inputs, *target = targets + start * channels;
        passes.forward(input, values, saved, count);
        for (Int j = 0; j < count * channels; ++j) {
            const float error = values[j] - target[j];
            total += double(error) * error;
            gradient[j] = 2 * scale * error;
        }
        passes.backward(input, values, gradient, saved, gradients, count);
    }
    return total;
}
}
