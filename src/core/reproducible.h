/** Elementary functions that give the same bits on every machine: fixed polynomials in double, no
 * contraction. The C library's versions differ between releases; where bits matter (directions, synthetic
 * data), use these. Accurate to about 1e-15 relative, not correctly rounded. */
#ifndef TAU_CORE_REPRODUCIBLE_H
#define TAU_CORE_REPRODUCIBLE_H

/** Natural logarithm of a finite, positive, normal x. */
double tau_repro_log(double x);

/** e^x for |x| <= 700. */
double tau_repro_exp(double x);

/** cos(2 pi t) and sin(2 pi t) of a turn t; exact symmetry at quarter turns. */
double tau_repro_cos_turn(double t);
double tau_repro_sin_turn(double t);

#endif
