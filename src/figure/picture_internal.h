/** From pictures to charts: what the files picture_*.c share. Private to the figure module. */
#ifndef TAU_FIGURE_PICTURE_INTERNAL_H
#define TAU_FIGURE_PICTURE_INTERNAL_H

#include "figure/page.h"

/** Colours of a style: the articles' own, or colours that all kinds of colour vision tell apart. */
tau_color tau_picture_class_color(const tau_page *page, int class_index);
tau_marker tau_picture_class_marker(const tau_page *page, int class_index);

typedef enum tau_picture_role {
    TAU_PICTURE_ROLE_RIGHT,  /**< decided rightly */
    TAU_PICTURE_ROLE_WRONG,  /**< decided wrongly */
    TAU_PICTURE_ROLE_METRIC, /**< the first metric */
    TAU_PICTURE_ROLE_LOSS,
    TAU_PICTURE_ROLE_MODEL, /**< a learner's line */
    TAU_PICTURE_ROLE_DATA,  /**< a learner's samples */
    TAU_PICTURE_ROLE_BODY,  /**< of histograms and violins */
} tau_picture_role;

tau_color tau_picture_color(const tau_page *page, tau_picture_role role);
bool tau_picture_is_article(const tau_page *page);

/** "Epoch: 12", "Epoch: 0.25". */
void tau_picture_format_epoch(char out[64], const tau_moment *moment);

/** Each adds the charts of one picture. */
TAU_CHECK tau_status tau_picture_add_features(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_probability(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_distribution(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_curves(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_loss_histogram(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_violins(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_learner(tau_page *page, const tau_picture *picture);
TAU_CHECK tau_status tau_picture_add_confusion(tau_page *page, const tau_picture *picture);

/** The parts of a feature space. */
TAU_CHECK tau_status tau_picture_add_space(tau_page *page, tau_chart *chart,
                                           const tau_features_picture *picture);
TAU_CHECK tau_status tau_picture_add_sheet(const tau_page *page, tau_chart *chart,
                                           const tau_features_picture *picture);
TAU_CHECK tau_status tau_picture_add_classes(const tau_page *page, tau_chart *chart,
                                             const tau_feature_frame *frame);

/** Radius of the markers of so many points, in those of a theme. */
double tau_picture_dot_size(size_t count);

#endif
