/** The losses that tauscape knows, by name, and what they take. How they are computed is in backend/loss.h.
 */
#ifndef TAU_MODEL_LOSS_H
#define TAU_MODEL_LOSS_H

#include "core/status.h"
#include "model/graph.h"

typedef enum tau_loss {
    TAU_LOSS_NLL,           /**< -output[class]; outputs are log-probabilities */
    TAU_LOSS_CROSS_ENTROPY, /**< -log softmax(output)[class]; outputs are logits */
    TAU_LOSS_MSE,           /**< mean over outputs of (y - t)^2 */
    TAU_LOSS_MAE,           /**< mean over outputs of |y - t| */
    TAU_LOSS_HUBER,         /**< mean over outputs; quadratic within 1, linear beyond */
    TAU_LOSS_BCE, /**< binary cross-entropy on probabilities, logarithms clamped at -100 as in PyTorch */
    TAU_LOSS_BCE_LOGITS, /**< binary cross-entropy on logits */
    TAU_LOSS_COUNT
} tau_loss;

/** "nll", "cross-entropy", "mse", "mae", "huber", "bce", "bce-logits". */
const char *tau_loss_name(tau_loss loss);

/** @errors TAU_STATUS_USAGE with the names there are */
TAU_CHECK tau_status tau_loss_parse(tau_loss *out, const char *name);

/** Whether targets are class numbers (NLL, CROSS_ENTROPY) rather than values. */
static inline int tau_loss_takes_classes(tau_loss loss) {
    return loss == TAU_LOSS_NLL || loss == TAU_LOSS_CROSS_ENTROPY;
}

/** Whether each output is a decision between two classes (BCE, BCE_LOGITS). */
static inline int tau_loss_is_binary(tau_loss loss) {
    return loss == TAU_LOSS_BCE || loss == TAU_LOSS_BCE_LOGITS;
}

/** Makes the end of a network what a loss takes. Whoever evaluates a network with a loss calls this first, be
 * it of an ONNX file or of a recording. A Softmax at the end becomes LogSoftmax for the losses of classes,
 * both of which are then -log of the probability of the class. What does not look like what the loss takes is
 * warned of.
 *  @param[in,out] graph
 *  @errors TAU_STATUS_MISMATCH: it ends in probabilities that the loss would take for something else */
TAU_CHECK tau_status tau_loss_fit_graph(tau_loss loss, tau_graph *graph);

/** Whether that can be done; the graph stays as it is. @errors as tau_loss_fit_graph */
TAU_CHECK tau_status tau_loss_check_graph(tau_loss loss, const tau_graph *graph);

#endif
