#version 330 core
// Cells of the plane without a height: they lie on the floor of the box, or in the map.
//
// in:       place     x, y in the world
// uniforms: transform world (or plane) to clip space;  height  of the floor in the world is height.y
layout(location = 0) in vec3 place;
uniform mat4 transform;
uniform vec2 height;
out vec2 plane;

void main() {
    plane = place.xy;
    gl_Position = transform * vec4(place.xy, height.y, 1.0);
}
