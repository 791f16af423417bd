/** The box of a landscape as it is seen in a picture. Private to scene. */
#ifndef TAU_SCENE_SIGHT_H
#define TAU_SCENE_SIGHT_H

#include <stdbool.h>

#include "scene/scene.h"

/** One of the twelve edges. Corners have a bit for each axis: set = the higher end. */
typedef struct tau_sight_edge {
    int axis;
    int corner;        /**< its lower end */
    bool outline;      /**< between a face that is seen and one that is not */
    bool behind;       /**< belongs to a face that is not seen */
    double from[2];    /**< pixels from the left and upper edge: the axis' lower end */
    double to[2];      /**< pixels, the upper end */
    double length;     /**< pixels */
    double outward[2]; /**< unit vector in the picture, away from the box */
} tau_sight_edge;

typedef struct tau_sight {
    const tau_camera *camera;
    const tau_space *space;
    double width, height, aspect;
    bool whole;          /**< no corner is behind the eye, and the eye is outside */
    double corner[8][2]; /**< pixels */
    bool seen[6];        /**< faces: lower, higher of each axis, from outside */
    tau_sight_edge edges[12];
} tau_sight;

void tau_sight_create(tau_sight *out, const tau_camera *camera, const tau_space *space, double width,
                      double height);

void tau_sight_get_corner(const tau_space *space, int corner, double world[3]);

/** @return false = behind the eye */
bool tau_sight_project(const tau_sight *sight, const double world[3], double pixel[2]);

/** Whether an upright rectangle around (x, y) lies upon the box as it is seen. */
bool tau_sight_covers(const tau_sight *sight, double x, double y, double width, double height);

#endif
