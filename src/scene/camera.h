/** Where a surface is seen from. World space: x and y in [-1, 1] over the plane, z up. */
#ifndef TAU_SCENE_CAMERA_H
#define TAU_SCENE_CAMERA_H

#include <stdbool.h>

typedef struct tau_camera {
    double target[3];
    double yaw, pitch, roll; /**< degrees; yaw 0, pitch 0 = from the front (−y); pitch 90 = from above */
    double distance;         /**< from the target */
    double field_of_view;    /**< degrees, vertical */
    bool orthographic;       /**< asked for; see tau_camera_is_parallel */
} tau_camera;

typedef enum tau_camera_preset {
    TAU_CAMERA_PRESET_ISO,
    TAU_CAMERA_PRESET_FRONT,
    TAU_CAMERA_PRESET_RIGHT,
    TAU_CAMERA_PRESET_TOP,
} tau_camera_preset;

/** Whether its rays are parallel: where that is asked for, and straight from above or below, where a surface
 * in perspective would float over the ticks of its axes. Sizes are those of perspective in the target's
 * plane.
 */
bool tau_camera_is_parallel(const tau_camera *camera);

/** Fits a picture of 16:9 to the box of a landscape. */
tau_camera tau_camera_get_preset(tau_camera_preset preset);

/** Column-major matrices for a picture `aspect` times as wide as high. */
void tau_camera_get_matrices(const tau_camera *camera, double aspect, float view[16], float projection[16]);

/** Unit vectors of the picture: to the right, upwards, and out of it towards the eye. */
void tau_camera_get_basis(const tau_camera *camera, double right[3], double up[3], double back[3]);

/** Where the eye is. */
void tau_camera_get_eye(const tau_camera *camera, double eye[3]);

/** Drags, in pixels of a picture `height` pixels high; dx to the right, dy downwards. What is seen follows
 * the pointer. The pitch ends straight above and straight below. */
void tau_camera_orbit(tau_camera *camera, double dx, double dy, double height);
void tau_camera_pan(tau_camera *camera, double dx, double dy, double height);
void tau_camera_roll(tau_camera *camera, double dx, double height);

/** factor < 1 comes nearer, down to a thousandth of the box. @param[in] towards  world point that stays where
 * it is in the picture, or NULL */
void tau_camera_zoom(tau_camera *camera, double factor, const double towards[3]);

/** Moves so that everything in the box is seen, with room for the axes around it. */
void tau_camera_fit(tau_camera *camera, const double lo[3], const double hi[3], double aspect);

/** Room kept free around a fitted box, in shares of half the picture. */
typedef struct tau_camera_margins {
    double side, top, bottom;
} tau_camera_margins;

/** The nearest place from which the box is seen within its margins, while the camera turns by `turn` degrees
 * too. The target stays on the upright line through the middle of the box: the turn is steady. */
void tau_camera_fit_within(tau_camera *camera, const double lo[3], const double hi[3], double aspect,
                           const tau_camera_margins *margins, double turn);

/** The ray through a place of the picture. @param[in] x, y  in -1..1, y up */
void tau_camera_get_ray(const tau_camera *camera, double aspect, double x, double y, double origin[3],
                        double direction[3]);

/** @param[out] x, y  in -1..1, y up   @return false = behind the camera */
bool tau_camera_project(const tau_camera *camera, double aspect, const double world[3], double *x, double *y);

#endif
