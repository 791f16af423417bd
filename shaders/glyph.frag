#version 330 core
// Texts: the atlas holds coverage.
//
// in:       texel  place in the atlas, 0..1;  tint  sRGB and opacity
// bindings: atlas  texture of coverage, one channel
in vec2 texel;
in vec4 tint;
uniform sampler2D atlas;
out vec4 result;

void main() {
    result = vec4(tint.rgb, tint.a * texture(atlas, texel).r);
}
