#include "cli/demo.h"

#define FOUR                                                                                                 \
    "--figure feature-space --figure probability --figure loss-metric --figure loss-histogram --layout 2x4 "
#define STILL "--size {1200x600|640x320} "
#define FILM  "--size {1440x720|640x320} --duration {10s|0.4s} "
#define ADAM  "--optimizer adam --record every=1epoch "

static const char *const digits[] = {
    "train --model mnist-cnn --data digits{|:n=2000} --epochs {3|2} --record every={20|5} --seed 1 "
    "-o {}/digits.run.h5",
    "compute {}/digits.run.h5 --from first --to last -x -0.5:1.5 -g {61|33} --samples {500|256} -o "
    "{}/digits-line.land.h5",
    "compute {}/digits.run.h5 --dirs random -g {25|15} --samples {500|256} --no-trace -o "
    "{}/digits-plane.land.h5",
    "compute {}/digits.run.h5 --dirs pca -g {25|15} --samples {500|256} -o {}/digits-path.land.h5",
    "export {}/digits-line.land.h5 -o {}/digits-line.png --log",
    "export {}/digits-plane.land.h5 -o {}/digits-plane.png",
    "export {}/digits-plane.land.h5 -o {}/digits-plane-filled.png --figure filled --log",
    "export {}/digits-plane.land.h5 -o {}/digits-accuracy.png --figure heatmap --metric accuracy "
    "--colormap cividis",
    "export {}/digits-path.land.h5 -o {}/digits-path.png --log",
    "export {}/digits-path.land.h5 -o {}/digits-path.pdf --log --width 3.25in --style article",
    "export {}/digits.run.h5 --samples {1000|200} --figure feature-space:layer=fc1 --figure confusion "
    "--layout 1x2 --size {1200x600|900x450} -o {}/digits-training.png",
    "info {}/digits-path.land.h5",
    NULL,
};

#define PARABOLA(activation)                                                                                 \
    "train --model mlp:2-2-1:" activation " --data parabola:n=1000 --epochs {100|30} " ADAM                  \
    "--lr 0.03 --batch 16 --seed 4 --group " activation " -o {}/parabola.run.h5"

static const char *const parabola[] = {
    PARABOLA("sigmoid"),
    PARABOLA("tanh"),
    PARABOLA("relu"),
    "export {}/parabola.run.h5 --group sigmoid,tanh,relu --figure feature-space:span=2x2 "
    "--figure loss-metric:span=1x2 --layout 3x6 --size 1400x800 --state epoch:10 "
    "-o {}/parabola-activations.png",
    "export {}/parabola.run.h5 --group tanh " FOUR STILL "--state epoch:10 -o {}/parabola.png",
    "export {}/parabola.run.h5 --group tanh " FOUR FILM "-o {}/parabola.mp4",
    "export {}/parabola.run.h5 --group sigmoid,tanh,relu --figure feature-space:span=2x2 "
    "--figure loss-metric:span=1x2 --layout 3x6 --size {1400x800|840x480} --duration {10s|0.4s} "
    "-o {}/parabola-activations.mp4",
    NULL,
};

static const char *const moons[] = {
    "train --model mlp:2-16-16-1:tanh --data moons:n=600 --epochs {60|20} " ADAM
    "--lr 0.01 --seed 1 -o {}/moons.run.h5",
    "export {}/moons.run.h5 --figure boundary --figure metrics:of=precision+recall+f1+mcc "
    "--figure violins:of=activations --layout 2x3 " STILL "-o {}/moons.png",
    "export {}/moons.run.h5 --figure boundary --figure metrics:of=precision+recall+f1+mcc "
    "--figure violins:of=activations --layout 2x3 " FILM "-o {}/moons.mp4",
    "compute {}/moons.run.h5 --from first --to last -g {201|41} -o {}/moons-line.land.h5",
    "compute {}/moons.run.h5 --dirs pca -g {61|15} -o {}/moons-path.land.h5",
    "export {}/moons-line.land.h5 -o {}/moons-line.png",
    "export {}/moons-path.land.h5 -o {}/moons-path.png --log",
    NULL,
};

static const char *const circles[] = {
    "train --model mlp:2-3-1:tanh --data circles:n=600 --epochs {100|80} " ADAM
    "--lr 0.03 --batch 32 --seed 1 -o {}/circles.run.h5",
    "export {}/circles.run.h5 --figure feature-space:dims=3 --figure boundary --layout 1x2 " STILL
    "-o {}/circles.png",
    "export {}/circles.run.h5 --figure feature-space:dims=3 --figure boundary --layout 1x2 " FILM
    "-o {}/circles.mp4",
    NULL,
};

static const char *const spirals[] = {
    "train --model mlp:2-32-32-2-1:tanh --data spirals:n=800 --epochs {150|60} " ADAM
    "--lr 0.005 --batch 32 --seed 1 -o {}/spirals.run.h5",
    "export {}/spirals.run.h5 --figure boundary --figure feature-space:mesh={400|200} --layout 1x2 " STILL
    "-o {}/spirals.png",
    "export {}/spirals.run.h5 --figure boundary --figure feature-space:mesh=200 --layout 1x2 " FILM
    "-o {}/spirals.mp4",
    NULL,
};

static const char *const encoder2[] = {
    "train --model encoder2:9-5-2-1:tanh --data ball:dims=9,n={2000|1000} --epochs {60|25} " ADAM
    "--lr 0.01 --batch 32 --seed 1 -o {}/encoder2.run.h5",
    "export {}/encoder2.run.h5 " FOUR STILL "-o {}/encoder2.png",
    "export {}/encoder2.run.h5 " FOUR FILM "-o {}/encoder2.mp4",
    NULL,
};

static const char *const mail[] = {
    "train --model encoder2:57-10-2-1:relu --data {}/mail.csv --labels unwanted --epochs {30|15} " ADAM
    "--lr {0.002|0.005} --batch 32 --seed 1 -o {}/mail.run.h5",
    "export {}/mail.run.h5 " FOUR STILL "-o {}/mail.png",
    "export {}/mail.run.h5 " FOUR FILM "-o {}/mail.mp4",
    NULL,
};

static const char *const line[] = {
    "train --model mlp:1-1 --data noisy-line:n=2000 --optimizer sgd --lr 0.05 --batch 16 --epochs 1 "
    "--record every=1 --seed 1 -o {}/line.run.h5",
    "export {}/line.run.h5 --figure learner " STILL "--state 25 -o {}/line.png",
    "export {}/line.run.h5 --figure learner " FILM "-o {}/line.mp4",
    NULL,
};

static const char *const sine[] = {
    "train --model mlp:1-200-200-200-1:relu --data sine:n={10000|3000} --epochs {30|8} --optimizer adam "
    "--lr 0.001 --record every=20 --seed 1 -o {}/sine.run.h5",
    "export {}/sine.run.h5 --figure learner " STILL "-o {}/sine.png",
    "export {}/sine.run.h5 --figure learner " FILM "-o {}/sine.mp4",
    NULL,
};

#define IMBALANCED(group)                                                                                    \
    "train --model mlp:15-64-64-1:relu:dropout=0.1 --data imbalanced{|:n=2000} --epochs {30|10} " ADAM       \
    "--lr 0.001 --seed 1 --group " group " -o {}/imbalanced.run.h5"

static const char *const imbalanced[] = {
    IMBALANCED("plain"),
    IMBALANCED("weighted") " --class-weights balanced",
    "export {}/imbalanced.run.h5 --group plain --figure dashboard --size {1200x700|900x600} "
    "-o {}/imbalanced.png",
    "export {}/imbalanced.run.h5 --group plain --figure metrics:of=mcc+balanced-accuracy+specificity+youden "
    "--define youden=tp/(tp+fn)+tn/(tn+fp)-1 --figure confusion --layout 1x2 " STILL
    "-o {}/imbalanced-metrics.png",
    "export {}/imbalanced.run.h5 --group plain,weighted --figure metrics:of=precision+recall+f1 "
    "--figure distribution --layout 2x2 --size {1200x700|900x600} -o {}/imbalanced-weights.png",
    "compute {}/imbalanced.run.h5 --group plain --metric mcc,f1 -g {41|9} -o {}/imbalanced.land.h5",
    "export {}/imbalanced.land.h5 --figure filled:of=mcc --size {1100x880|640x512} -o {}/imbalanced-mcc.png",
    "export {}/imbalanced.run.h5 --group plain --figure dashboard --size {1200x700|900x600} "
    "--duration {10s|0.4s} -o {}/imbalanced.mp4",
    NULL,
};

static const char *const decay[] = {
    "train --model mlp:2-16-16-1:tanh --data moons:n=600 --epochs {60|20} " ADAM
    "--lr 0.01 --weight-decay 0.0005 --seed 1 -o {}/decay.run.h5",
    "export {}/decay.run.h5 --figure boundary --figure loss --layout 1x2 " STILL "-o {}/decay.png",
    "export {}/decay.run.h5 --figure boundary --figure loss --layout 1x2 " FILM "-o {}/decay.mp4",
    NULL,
};

const tau_demo tau_demos[] = {
    {"digits", "a convolutional network on drawn digits: its loss on a line, a plane and along its path",
     NULL, digits, "{}/digits-path.land.h5"},
    {"parabola", "two hidden units part two parabolas: sigmoid, tanh and relu side by side", NULL, parabola,
     NULL},
    {"moons", "a boundary between two moons, metrics and activations; then the loss around the path", NULL,
     moons, "{}/moons-path.land.h5"},
    {"circles", "three hidden units lift a circle out of a circle: a feature space in three dimensions", NULL,
     circles, NULL},
    {"spirals", "two spirals unwound: the boundary, and the plane of the last two hidden units", NULL,
     spirals, NULL},
    {"encoder2", "nine features seen through an extra linear layer of two units (9-5-2-1)", NULL, encoder2,
     NULL},
    {"mail", "the same for a CSV file of 57 features, wanted and unwanted mail", tau_demo_write_mail, mail,
     NULL},
    {"line", "a line learns data whose noise grows: model, band of loss, loss over the batches", NULL, line,
     NULL},
    {"sine", "200-200-200 rectifiers learn one period of a sine between two zeros", NULL, sine, NULL},
    {"imbalanced", "one positive in ten: probabilities, precision, recall, F1, MCC and a metric of one's own",
     NULL, imbalanced, NULL},
    {"decay", "two moons with weight decay: the loss, and the regularisation marked where it weighs", NULL,
     decay, NULL},
    {0},
};
