#version 330 core
// Lines, markers and filled shapes in pixels. Each vertex belongs to a capsule (a line with round ends) or to a plain
// fill; the fragment shader smooths the edge of the capsule.
//
// in:       place   pixels from the left and upper edge of the viewport, and depth in 0..1
//           capsule pixels along and across the line, its length, half its width (a fill has a huge one)
//           color   sRGB and opacity
// uniforms: size    of the viewport in pixels
layout(location = 0) in vec3 place;
layout(location = 1) in vec4 capsule;
layout(location = 2) in vec4 color;
uniform vec2 size;
out vec4 shape;
out vec4 tint;

void main() {
    shape = capsule;
    tint = color;
    gl_Position = vec4(2.0 * place.x / size.x - 1.0, 1.0 - 2.0 * place.y / size.y, 2.0 * place.z - 1.0, 1.0);
}
