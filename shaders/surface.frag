#version 330 core
// The height field: colour of the value, light, contour lines of constant width in pixels, wireframe.
//
// in:       world   place in the world;  upright  normal, not of unit length
//           level   height in units of the box;  grid  lines of the wireframe are at whole numbers
//           mark    contact shading, preview
// uniforms: color_map  share along the colour map = color_map.x * level + color_map.y
//           top        what is above is cut off, in units of the box
//           eye        of the camera in the world (w = 1), or the direction towards it (w = 0)
//           lamp       unit direction towards the light
//           lit, shaded, isolines, wireframe  0 or 1
//           line_width of contour lines, pixels;  pitch  of the preview's hatch, world
//           paper      colour of the ground
// bindings: colors     256 colours;  levels  places in 0..511: number of the first contour level above; then the levels,
//           from minus to plus infinity
in vec3 world;
in vec3 upright;
in float level;
in vec2 grid;
in vec2 mark;
uniform sampler2D colors;
uniform sampler2D levels;
uniform vec2 color_map;
uniform float top;
uniform vec4 eye;
uniform vec3 lamp;
uniform float lit, shaded, isolines, wireframe;
uniform float line_width;
uniform float pitch;
uniform vec3 paper;
out vec4 result;

vec3 find_color(float height) {
    float share = clamp(color_map.x * height + color_map.y, 0.0, 1.0);
    return texture(colors, vec2(share * 255.0 / 256.0 + 0.5 / 256.0, 0.5)).rgb;
}

float find_brightness(vec3 color) {
    return dot(color, vec3(0.30, 0.59, 0.11));
}

// Coverage of the nearest contour line, and its height.
float contour(out float height) {
    float slope = max(length(vec2(dFdx(level), dFdy(level))), 1e-12);
    int above = int(texelFetch(levels, ivec2(int(clamp(level, 0.0, 1.0) * 511.0), 0), 0).r);
    for (int i = 0; i < 64 && texelFetch(levels, ivec2(512 + above, 0), 0).r <= level; i++) above++;
    float higher = texelFetch(levels, ivec2(512 + above, 0), 0).r - level;
    float lower = level - texelFetch(levels, ivec2(511 + above, 0), 0).r;
    height = higher < lower ? level + higher : level - lower;
    return clamp(0.5 * line_width + 0.5 - min(higher, lower) / slope, 0.0, 1.0);
}

float mesh() {
    vec2 away = abs(fract(grid - 0.5) - 0.5) / max(fwidth(grid), vec2(1e-6));
    return clamp(1.0 - min(away.x, away.y), 0.0, 1.0);
}

float hatch() {
    float along = (world.x + world.y) / pitch;
    float away = abs(fract(along) - 0.5) / max(fwidth(along), 1e-6);
    return clamp(line_width + 0.5 - away, 0.0, 1.0);
}

vec3 illuminate(vec3 color) {
    vec3 normal = normalize(upright);
    vec3 sight = normalize(eye.xyz - eye.w * world);
    float side = dot(normal, sight) < 0.0 ? -1.0 : 1.0;
    normal *= side;
    float wrapped = 0.5 + 0.5 * dot(normal, lamp);
    float gloss = pow(max(dot(normal, normalize(lamp + sight)), 0.0), 40.0);
    color *= mix(0.58, 1.10, wrapped * wrapped);
    return (color + 0.07 * gloss) * (side < 0.0 ? 0.82 : 1.0);
}

void main() {
    if (level > top) discard;
    vec3 base = find_color(level), color = base;
    if (lit > 0.5) color = illuminate(color);
    if (shaded > 0.5) color *= 1.0 - 0.55 * mark.x;
    if (wireframe > 0.5) color = mix(color, find_brightness(base) > 0.32 ? vec3(0.04) : vec3(0.93), 0.38 * mesh());
    if (isolines > 0.5) {
        // A line is dark or light as a whole.
        float height, drawn = contour(height);
        if (drawn > 0.0) {
            bool dark = find_brightness(find_color(height)) > 0.32;
            color = mix(color, dark ? vec3(0.04) : vec3(0.93), (dark ? 0.62 : 0.55) * drawn);
        }
    }
    if (mark.y > 0.5) color = mix(mix(color, paper, 0.22), paper, 0.55 * hatch());
    result = vec4(color, 1.0);
}
