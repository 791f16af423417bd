#version 330 core
// The height field, in three dimensions and as a map.
//
// in:       place     x, y in the world and the height in units of the box: 0 = floor, 1 = top
//           slope     derivatives of that height by x and y
//           marks     contact shading 0..1, and 1 where the value is a preview
// uniforms: transform world (or, for a map, plane) to clip space
//           height    world height = height.x * h + height.y
//           columns   of the grid;  stride  of the wireframe in columns and rows
layout(location = 0) in vec3 place;
layout(location = 1) in vec2 slope;
layout(location = 2) in vec2 marks;
uniform mat4 transform;
uniform vec2 height;
uniform int columns;
uniform float stride;
out vec3 world;
out vec3 upright;
out float level;
out vec2 grid;
out vec2 mark;

void main() {
    world = vec3(place.xy, height.x * place.z + height.y);
    upright = vec3(-slope * height.x, 1.0);
    level = place.z;
    grid = vec2(gl_VertexID % columns, gl_VertexID / columns) / stride;
    mark = marks;
    gl_Position = transform * vec4(world, 1.0);
}
