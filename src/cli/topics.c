#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

typedef struct topic {
    const char *name, *text;
} topic;

static const topic topics[] = {
    {"concepts",
     "States\n"
     "  A run file holds one or more trainings, called groups. Each has recorded states: the whole "
     "parameter\n"
     "  vector theta at some moment. State 0 is before training. A state is named first, last, best, by its\n"
     "  index, or as epoch:E or step:S; FILE#GROUP@ before it names another file or group: "
     "a.run.h5#sgd@last.\n"
     "\n"
     "Slices\n"
     "  A landscape is the loss on a line or plane of parameter space. The line between two states is\n"
     "  tau(alpha) = alpha*theta* + (1-alpha)*theta: alpha = 0 is the first, alpha = 1 the second. The "
     "plane\n"
     "  through a state is tau_2d(alpha, beta) = theta* + alpha*delta + beta*eta, with two directions:\n"
     "    random   Gaussian, seeded by --seed\n"
     "    pca      the two directions in which the training moved most; most of its path lies near that "
     "plane\n"
     "    states:A,B,C   the plane through three states\n"
     "    FILE     those of another landscape\n"
     "  radial is the plane of multiples of theta*; it is one-dimensional in truth (see help compute).\n"
     "\n"
     "Filter normalisation\n"
     "  A ReLU network computes the same function when one layer is scaled up and the next one down, so a\n"
     "  plain random direction makes one network look sharp and its twin flat. --norm filter gives each\n"
     "  filter of the direction the length of the same filter of theta*, so that a step of 1 is as large as\n"
     "  the weights themselves, and pictures of different networks can be compared. Biases and batch norm "
     "are\n"
     "  left where they are (--ignore bias,bn). It is the default for random directions; the others have a\n"
     "  meaning of their own and are not rescaled.\n"
     "\n"
     "Precision\n"
     "  exact  32-bit arithmetic, every point by itself: the same bits in any grid that holds the point\n"
     "  fine   32-bit arithmetic that shares work between points and uses Winograd convolutions (default on\n"
     "         processors); on a GPU 16-bit activations and weights in two 16-bit parts, sums in 32 bits\n"
     "  fast   16-bit activations and weights, sums in 32 bits (GPU only, default there)\n"
     "  A point that is not finite or too large for 16 bits is computed again in exact; info tells how "
     "many.\n"
     "  The measured error of each against 64-bit arithmetic is in docs/performance.md and\n"
     "  docs/performance-gpu.md.\n"
     "\n"
     "Standard error, residual, recipe\n"
     "  Every loss is a mean over samples and carries its standard error. A path lies near a plane, not on\n"
     "  it: the residual is the distance of a state from the plane, and trace shows the true loss beside "
     "the\n"
     "  loss in the plane. The recipe is everything that fixes the numbers: model, data, sample, slice,\n"
     "  precision. It travels with every file and picture; a landscape goes on only under the same "
     "recipe.\n"},
    {"scripts",
     "The window, driven by a file\n"
     "  tauscape view FILE --script TOUR runs the lines of TOUR one after the other, for talks, tours and\n"
     "  pictures that are made again. A line is an action by its name, as F1 in the window and Ctrl+P know\n"
     "  them (view.log, time.play, camera.top, file.quit), or one of\n"
     "\n"
     "    open FILE               as if it had been dropped; goes on when it was read\n"
     "    wait SECONDS            lets the window go on\n"
     "    wait done               until what is seen is computed, at most ten minutes\n"
     "    seek STATE              a place of the timeline: a number, first, last, best, epoch:E, step:S\n"
     "    pin ALPHA BETA          sets a pin\n"
     "    line A B TO_A TO_B      draws the line of a profile\n"
     "    plane WORDS             random:SEED, pca or states:A,B,C\n"
     "    set JSON                settings of the view, as --state takes them\n"
     "    size WxH                of the window\n"
     "    picture FILE [WxH]      the landscape alone, on a transparent ground, its ink for light paper\n"
     "    screenshot FILE         the window as it is\n"
     "    record FILE             starts a film; file.record ends it\n"
     "    save FILE               what is seen, as a landscape\n"
     "    frames                  says how long the window took for its pictures since the last time\n"
     "    # a comment\n"
     "\n"
     "  A script with a wrong line is refused before the window opens; a line that fails ends the program\n"
     "  with its error.\n"},
    {"figures",
     "Figures of a landscape: --figure contour, filled, heatmap, surface or line, each with of=QUANTITY:\n"
     "  loss (default), loss_se, accuracy, regularisation or a metric that compute --metric was asked for.\n"
     "  A line shows it beside the loss. Metrics are drawn from 0 to 1, and what is not defined as such.\n"
     "\n"
     "Figures of a training: --figure NAME[:KEY=VALUE,KEY=VALUE]\n"
     "  dashboard       what suits the training: distribution, loss, metrics, confusion, or the learner\n"
     "  feature-space   where a layer puts the samples: layer=NAME dims=1..3 x=LO:HI y=LO:HI lines=N mesh=N\n"
     "  boundary        what is decided where in the input: features=A+B x y lines mesh\n"
     "  probability     right and wrong by probability, class by class: bins=N class=C\n"
     "  distribution    all predicted probabilities: bins=N\n"
     "  loss-metric     a metric and the loss over the epochs: metric=NAME\n"
     "  loss            the loss, and the regularisation with crosses where it is above a tenth of both\n"
     "  metrics         several metrics: of=A+B+C\n"
     "  loss-histogram  losses of single samples: bins=N loss=NAME\n"
     "  violins         by layer: of=weights|activations|z-values|gradients layers=A+B\n"
     "  learner         one feature, one label: loss_smoothing=N graph_sparsity=N scatter_sparsity=N\n"
     "  confusion       true against decided classes\n"
     "  All take title=TEXT and span=ROWSxCOLUMNS. With scale=all, the default of films, feature spaces,\n"
     "  boundaries and violins have the range of all states, with scale=frame their own.\n"
     "\n"
     "Metrics\n"
     "  accuracy precision recall specificity f1 balanced-accuracy mcc, macro- and micro- of these, or an\n"
     "  expression over tp tn fp fn loss accuracy penalty n epoch step: of=f1+(tp-fp)/n. --define\n"
     "  gain=tp-fp/4 gives it a name.\n"
     "\n"
     "Page and film\n"
     "  Figures fill the cells of --layout row by row. A picture shows --state, the last by default; a film\n"
     "  --state A:B[:STEP], all by default, one frame a state at --fps 15, or spread over --duration 20s.\n"
     "\n"
     "    tauscape export run.run.h5 --figure feature-space --figure probability --figure loss-metric \\\n"
     "        --figure loss-histogram --layout 2x4 --size 1440x720 -o training.mp4\n"},
    {"slurm",
     "A landscape on a cluster\n"
     "  compute saves what it has finished all the time, so a killed job loses nothing: the same command "
     "goes\n"
     "  on. On TERM, HUP, USR1 and USR2 it saves and exits with 75, which a job script can turn into a "
     "requeue:\n"
     "\n"
     "    #!/bin/bash\n"
     "    #SBATCH --requeue --signal=USR1@120 --open-mode=append\n"
     "    srun tauscape compute run.run.h5 -o land.land.h5 --progress plain\n"
     "    rc=$?\n"
     "    [ $rc -eq 75 ] && scontrol requeue $SLURM_JOB_ID\n"
     "    exit $rc\n"
     "\n"
     "Many jobs for one landscape\n"
     "  Each task of an array computes its share into a file of its own; merge joins them. The result does\n"
     "  not depend on the number of shards, bit for bit.\n"
     "\n"
     "    #SBATCH --array=1-8\n"
     "    srun tauscape compute run.run.h5 --shard auto -o part-$SLURM_ARRAY_TASK_ID.land.h5\n"
     "\n"
     "    tauscape merge part-*.land.h5 -o land.land.h5\n"
     "\n"
     "  --shard auto reads SLURM_ARRAY_TASK_ID, _MIN, _MAX and _COUNT; --shard 3/8 says it by hand. Several\n"
     "  writers on one file are refused.\n"},
};

tau_status tau_help_print_topic(FILE *out, const char *name) {
    const tau_cli_command *command = tau_cli_find_command(name);
    if (command) {
        tau_help_print_command(out, command);
        return TAU_STATUS_OK;
    }
    const char *names[32];
    size_t count = 0, topic_count = sizeof topics / sizeof *topics;
    for (size_t i = 0; i < topic_count; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            fputs(topics[i].text, out);
            return TAU_STATUS_OK;
        }
        names[count++] = topics[i].name;
    }
    for (size_t i = 0; tau_cli_commands[i] && count + 1 < sizeof names / sizeof *names; i++)
        names[count++] = tau_cli_commands[i]->name;
    names[count] = NULL;
    const char *near = tau_cli_nearest(name, names);
    return tau_fail(TAU_STATUS_USAGE, "there is no help on \"%s\"" TAU_FIX "%s%s", name,
                    near ? "did you mean tauscape help " : "tauscape --help lists the commands",
                    near ? near : "");
}
