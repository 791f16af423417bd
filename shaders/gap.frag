#version 330 core
// Cells without a height. Not computed: a hatch of one direction on paper. Not finite: a lattice on a colour of its
// own. The two differ without colour too.
//
// in:       plane   place in the world
// uniforms: lattice 0 = hatch, 1 = lattice;  pitch  of the lines, world;  line_width  pixels
//           fill, line  colours
in vec2 plane;
uniform float lattice;
uniform float pitch;
uniform float line_width;
uniform vec3 fill, line;
out vec4 result;

float stripe(float along) {
    float away = abs(fract(along) - 0.5) / max(fwidth(along), 1e-6);
    // Stripes that crowd in the distance fade to their mean instead of flickering.
    float crowd = clamp(2.0 - 5.0 * fwidth(along), 0.0, 1.0);
    return mix(0.3, clamp(0.5 * line_width + 0.5 - away, 0.0, 1.0), crowd);
}

void main() {
    float drawn = stripe((plane.x + plane.y) / pitch);
    if (lattice > 0.5) drawn = max(drawn, stripe((plane.x - plane.y) / pitch));
    result = vec4(mix(fill, line, drawn), 1.0);
}
