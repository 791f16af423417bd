#version 330 core
// Texts: one rectangle each, cut out of the atlas.
//
// in:       place   pixels from the left and upper edge of the viewport
//           source  texels of the atlas
//           color   sRGB and opacity
// uniforms: size    of the viewport in pixels;  atlas_size  in texels
layout(location = 0) in vec2 place;
layout(location = 1) in vec2 source;
layout(location = 2) in vec4 color;
uniform vec2 size;
uniform vec2 atlas_size;
out vec2 texel;
out vec4 tint;

void main() {
    texel = source / atlas_size;
    tint = color;
    gl_Position = vec4(2.0 * place.x / size.x - 1.0, 1.0 - 2.0 * place.y / size.y, 0.0, 1.0);
}
