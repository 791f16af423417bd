#version 330 core
// Lines, markers and filled shapes: coverage by the distance to the line's middle, in pixels.
//
// in:       shape  pixels along and across the line, its length, half its width;  tint  sRGB and opacity
// uniforms: fade   multiplies the opacity: what is hidden behind the surface is drawn faintly
in vec4 shape;
in vec4 tint;
uniform float fade;
out vec4 result;

void main() {
    float beyond = shape.x - clamp(shape.x, 0.0, shape.z);
    float coverage = clamp(shape.w + 0.5 - length(vec2(beyond, shape.y)), 0.0, 1.0);
    if (coverage <= 0.0) discard;
    result = vec4(tint.rgb, tint.a * coverage * fade);
}
