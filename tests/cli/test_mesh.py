"""Landscapes as meshes: read back by VTK, and by readers that trust nothing."""

import json
import math
import os
import struct
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import harness


def find_vtk():
    """A Python that has VTK: Debian's package belongs to Debian's own."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import vtk"], capture_output=True).returncode == 0:
            return python
    return None


VTK = find_vtk()


class Ply:
    def __init__(self, data):
        head, body = data.split(b"end_header\n", 1)
        lines = head.decode().splitlines()
        assert lines[:2] == ["ply", "format binary_little_endian 1.0"], lines[:2]
        count = {words[1]: int(words[2]) for words in map(str.split, lines) if words[0] == "element"}
        self.recipe = next(line.split(" ", 2)[2] for line in lines if line.startswith("comment recipe "))
        vertices = list(struct.iter_unpack("<6f3B", body[:27 * count["vertex"]]))
        self.positions = [v[:3] for v in vertices]
        self.normals = [v[3:6] for v in vertices]
        self.colors = [v[6:] for v in vertices]
        faces = body[27 * count["vertex"]:]
        assert len(faces) == 13 * count["face"], "nothing before and nothing behind the faces"
        faces = list(struct.iter_unpack("<B3I", faces))
        assert all(face[0] == 3 for face in faces)
        self.faces = [face[1:] for face in faces]


class Obj:
    def __init__(self, text):
        rows = [line.split() for line in text.splitlines() if line and line[0] != "#"]
        self.positions = [tuple(map(float, row[1:4])) for row in rows if row[0] == "v"]
        self.colors = [tuple(map(float, row[4:7])) for row in rows if row[0] == "v"]
        self.normals = [tuple(map(float, row[1:])) for row in rows if row[0] == "vn"]
        corners = [[corner.split("//") for corner in row[1:]] for row in rows if row[0] == "f"]
        assert all(a == b for face in corners for a, b in face)
        self.faces = [tuple(int(a) - 1 for a, _ in face) for face in corners]


class Glb:
    SIZES = {5121: 1, 5123: 2, 5125: 4, 5126: 4}
    LETTERS = {5121: "B", 5123: "H", 5125: "I", 5126: "f"}
    COMPONENTS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}

    def __init__(self, data):
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data)), (magic, version, length, len(data))
        chunks, at = [], 12
        while at < length:
            size, kind = struct.unpack_from("<I4s", data, at)
            assert size % 4 == 0 and at + 8 + size <= length
            chunks.append((kind, data[at + 8:at + 8 + size]))
            at += 8 + size
        assert [kind for kind, _ in chunks] == [b"JSON", b"BIN\0"]
        self.json, self.numbers = json.loads(chunks[0][1]), chunks[1][1]
        assert self.json["asset"]["version"] == "2.0"
        assert self.json["buffers"] == [{"byteLength": len(self.numbers)}]

    def read(self, index):
        """Elements of an accessor, with what the format demands of it."""
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        size, components = self.SIZES[accessor["componentType"]], self.COMPONENTS[accessor["type"]]
        assert view["buffer"] == 0 and view["byteOffset"] % 4 == 0
        assert view["byteLength"] == accessor["count"] * size * components > 0
        assert view["byteOffset"] + view["byteLength"] <= len(self.numbers)
        form = "<" + self.LETTERS[accessor["componentType"]] * components
        part = self.numbers[view["byteOffset"]:view["byteOffset"] + view["byteLength"]]
        elements = list(struct.iter_unpack(form, part))
        for bound, choose in (("min", min), ("max", max)):
            if bound in accessor:
                assert [choose(e[k] for e in elements) for k in range(components)] == accessor[bound], bound
        return elements


@unittest.skipUnless(VTK, "VTK for Python is not installed (python3-vtk9)")
class VtkFiles(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_landscapes(cls())

    def runTest(self):
        pass

    def load(self, name):
        run = subprocess.run([VTK, os.path.join(os.path.dirname(__file__), "read_vtk.py"), self.path(name)], text=True,
                             capture_output=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        found = json.loads(run.stdout)
        self.assertEqual(found["errors"], [])
        return found

    def table(self, name):
        self.ok("export", name, "-o", "table.json", "--force")
        with open(self.path("table.json")) as file:
            return json.load(file)

    def test_grid_has_every_point_at_its_loss(self):
        self.ok("export", "plane.land.h5", "-o", "plane.vts")
        grid, table = self.load("plane.vts"), self.table("plane.land.h5")
        self.assertEqual(grid["dimensions"], [13, 9, 1])
        losses = [loss for row in table["loss"] for loss in row]
        self.assertEqual(grid["point_data"]["loss"], losses)
        expected = [[a, b, table["loss"][j][i]]
                    for j, b in enumerate(table["beta"]) for i, a in enumerate(table["alpha"])]
        self.assertEqual(grid["points"], expected)
        self.assertEqual(grid["bounds"][4:], [min(losses), max(losses)])
        self.assertTrue(all(grid["visible"]))
        self.assertEqual(set(grid["point_data"]["state"]), {1.0})
        self.assertEqual(json.loads(grid["texts"]["recipe"][0])["identity"], table["recipe"]["identity"])
        self.assertNotIn("host", json.loads(grid["texts"]["recipe"][0])["provenance"])

    def test_logarithmic_height(self):
        self.ok("export", "plane.land.h5", "-o", "log.vts", "--log")
        grid = self.load("log.vts")
        for point, loss in zip(grid["points"], grid["point_data"]["loss"]):
            self.assertAlmostEqual(point[2], math.log10(loss), places=14)
        self.assertEqual(grid["point_data"]["log10 loss"], [point[2] for point in grid["points"]])

    def test_what_is_not_finite_is_blanked(self):
        self.ok("export", "broken.land.h5", "-o", "broken.vts")
        grid = self.load("broken.vts")
        losses = grid["point_data"]["loss"]
        finite = [isinstance(loss, float) for loss in losses]
        self.assertTrue(any(finite) and not all(finite), losses)
        self.assertEqual(grid["visible"], finite)
        self.assertEqual([state == 1 for state in grid["point_data"]["state"]], finite)
        self.assertTrue(all(math.isfinite(z) for point in grid["points"] for z in point))
        shown = [loss for loss in losses if isinstance(loss, float)]
        self.assertEqual(grid["bounds"][4:], [min(shown), max(shown)])

    def test_what_is_not_computed_is_blanked(self):
        self.ok("export", "part.land.h5", "-o", "part.vts")
        grid = self.load("part.vts")
        self.assertTrue(0 < sum(grid["visible"]) < len(grid["visible"]))
        self.assertEqual([state == 1 for state in grid["point_data"]["state"]], grid["visible"])

    def test_trajectory_is_a_line_at_its_true_loss(self):
        self.ok("export", "plane.land.h5", "-o", "plane.vtp")
        track, path = self.load("plane.vtp"), self.table("plane.land.h5")["projections"][0]
        expected = [[*place, loss] for place, loss in zip(path["coords"], path["loss_true"])]
        self.assertEqual(track["points"], expected)
        self.assertEqual(track["cells"], [list(range(len(expected)))])
        self.assertEqual(track["point_data"]["step"], path["step"])
        self.assertEqual(track["point_data"]["loss"], path["loss_true"])
        self.assertEqual(track["point_data"]["residual"], path["residual"])
        self.assertEqual(track["cell_data"]["run"], [0])
        self.assertEqual(track["texts"]["runs"], [path["group"]])

    def test_other_metric_is_written_under_its_name(self):
        self.ok("export", "plane.land.h5", "-o", "accuracy.vts", "--metric", "accuracy")
        grid, table = self.load("accuracy.vts"), self.table("plane.land.h5")
        self.assertEqual(grid["point_data"]["accuracy"], [a for row in table["accuracy"] for a in row])

    def test_series_names_the_files_beside_it(self):
        os.makedirs(self.path("out & in"), exist_ok=True)
        self.ok("export", "plane.land.h5", "broken.land.h5", "-o", "out & in/two & more.pvd")
        root = xml.etree.ElementTree.parse(self.path("out & in/two & more.pvd")).getroot()
        self.assertEqual((root.tag, root.get("type")), ("VTKFile", "Collection"))
        sets = root.findall("Collection/DataSet")
        self.assertEqual([float(s.get("timestep")) for s in sets], [0, 1])
        self.assertEqual([s.get("file") for s in sets], ["two & more_000.vts", "two & more_001.vts"])
        self.assertEqual(self.load("out & in/two & more_000.vts")["dimensions"], [13, 9, 1])
        self.assertEqual(self.load("out & in/two & more_001.vts")["dimensions"], [9, 7, 1])


class Surfaces(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_landscapes(cls())

    def runTest(self):
        pass

    def ply(self, landscape, *words):
        self.ok("export", landscape, "-o", "surface.ply", "--force", *words)
        return Ply(self.bytes("surface.ply"))

    def check(self, mesh):
        """A sound surface: indices, unit normals that point upwards like their triangles, the box of the world."""
        self.assertGreater(len(mesh.faces), 0)
        self.assertEqual({i for face in mesh.faces for i in face}, set(range(len(mesh.positions))))
        self.assertEqual(len(mesh.normals), len(mesh.positions))
        self.assertEqual(len(mesh.colors), len(mesh.positions))
        for a, b, c in mesh.faces:
            (ax, ay, _), (bx, by, _), (cx, cy, _) = (mesh.positions[i] for i in (a, b, c))
            self.assertGreaterEqual((bx - ax) * (cy - ay) - (by - ay) * (cx - ax), -1e-9)
        for normal in mesh.normals:
            self.assertAlmostEqual(sum(n * n for n in normal), 1, places=4)
            self.assertGreater(normal[2], 0)
        for x, y, z in mesh.positions:
            self.assertTrue(abs(x) <= 1 + 1e-6 and abs(y) <= 1 + 1e-6 and abs(z) <= 0.5 + 1e-6, (x, y, z))

    def test_ply_is_the_whole_surface(self):
        mesh = self.ply("plane.land.h5", "--range-loss", "0:1000")
        self.check(mesh)
        self.assertEqual((len(mesh.positions), len(mesh.faces)), (13 * 9, 2 * 12 * 8))
        self.assertIn("identity", json.loads(mesh.recipe))

    def test_obj_says_the_same_as_ply(self):
        ply = self.ply("plane.land.h5")
        self.ok("export", "plane.land.h5", "-o", "surface.obj", "--force")
        obj = Obj(self.bytes("surface.obj").decode())
        self.check(obj)
        self.assertEqual(obj.faces, ply.faces)
        for a, b in zip(obj.positions, ply.positions):
            self.assertEqual(tuple(struct.unpack("f", struct.pack("f", x))[0] for x in a), b)
        for a, b in zip(obj.colors, ply.colors):
            self.assertEqual(tuple(round(255 * x) for x in a), b)

    def test_glb_is_sound_and_says_the_same_as_ply(self):
        ply = self.ply("plane.land.h5")
        self.ok("export", "plane.land.h5", "-o", "surface.glb", "--force")
        glb = Glb(self.bytes("surface.glb"))
        description = glb.json
        surface = description["meshes"][0]["primitives"][0]
        self.assertEqual(glb.read(surface["attributes"]["POSITION"]), ply.positions)
        self.assertEqual(glb.read(surface["attributes"]["NORMAL"]), ply.normals)
        indices = [i for i, in glb.read(surface["indices"])]
        self.assertEqual(indices, [i for face in ply.faces for i in face])
        colors = glb.read(surface["attributes"]["COLOR_0"])
        self.assertTrue(description["accessors"][surface["attributes"]["COLOR_0"]]["normalized"])
        for linear, srgb in zip(colors, ply.colors):
            self.assertEqual(linear[3], 65535)
            for light, channel in zip(linear, srgb):
                value = channel / 255
                expected = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055)**2.4
                self.assertAlmostEqual(light / 65535, expected, delta=1e-5)
        for accessor in range(len(description["accessors"])):
            glb.read(accessor)
        for mesh in description["meshes"]:
            for primitive in mesh["primitives"]:
                self.assertIn("min", description["accessors"][primitive["attributes"]["POSITION"]])
                self.assertLess(primitive["material"], len(description["materials"]))
        root, = description["scenes"][description["scene"]]["nodes"]
        self.assertEqual(sorted(description["nodes"][root]["children"]), list(range(1, len(description["nodes"]))))

    def test_glb_has_the_trajectory_unless_it_is_left_out(self):
        self.ok("export", "plane.land.h5", "-o", "path.glb", "--range-loss", "0:1000")
        glb = Glb(self.bytes("path.glb"))
        self.ok("export", "plane.land.h5", "-o", "path.json")
        with open(self.path("path.json")) as file:
            path = json.load(file)["projections"][0]
        line = glb.json["meshes"][1]["primitives"][0]
        self.assertEqual(line["mode"], 3)
        self.assertIn("KHR_materials_unlit", glb.json["materials"][line["material"]]["extensions"])
        self.assertIn("KHR_materials_unlit", glb.json["extensionsUsed"])
        self.assertEqual(len(glb.read(line["attributes"]["POSITION"])), len(path["coords"]))
        self.assertEqual(glb.json["nodes"][2]["name"], path["group"])
        self.ok("export", "plane.land.h5", "-o", "bare.glb", "--no-path")
        self.assertEqual(len(Glb(self.bytes("bare.glb")).json["meshes"]), 1)

    def test_gaps_have_no_triangles(self):
        mesh = self.ply("broken.land.h5", "--range-loss", "0:1e39")
        self.check(mesh)
        with_all = 0
        self.ok("export", "broken.land.h5", "-o", "broken.json", "--force")
        with open(self.path("broken.json")) as file:
            there = [[isinstance(loss, float) for loss in row] for row in json.load(file)["loss"]]
        for row in range(6):
            for column in range(8):
                with_all += all(there[row + j][column + i] for i in (0, 1) for j in (0, 1))
        self.assertTrue(0 < with_all < 48, with_all)
        self.assertEqual(len(mesh.faces), 2 * with_all)
        # Every other point of the plane: no cell is whole.
        self.fails("export", "part.land.h5", "-o", "part.ply", what="no surface")

    def test_surface_is_cut_at_the_top_of_the_range(self):
        self.ok("export", "plane.land.h5", "-o", "cut.csv")
        with open(self.path("cut.csv")) as file:
            losses = sorted(float(line.split(",")[2]) for line in list(file)[1:])
        top = losses[len(losses) // 2]
        mesh = self.ply("plane.land.h5", "--range-loss", f"0:{top!r}")
        self.check(mesh)
        self.assertAlmostEqual(max(z for _, _, z in mesh.positions), 0.5, places=5)
        self.assertGreater(sum(abs(z - 0.5) < 1e-6 for _, _, z in mesh.positions), 4)
        self.assertLess(len(mesh.faces), 2 * 12 * 8)

    def test_colours_follow_the_colour_map(self):
        viridis, vik = self.ply("plane.land.h5"), self.ply("plane.land.h5", "--colormap", "vik")
        self.assertEqual(viridis.positions, vik.positions)
        self.assertNotEqual(viridis.colors, vik.colors)
        lowest = min(range(len(viridis.positions)), key=lambda i: viridis.positions[i][2])
        self.assertEqual(viridis.colors[lowest], (68, 1, 84))

    def test_a_saved_view_says_how(self):
        with open(self.path("view.json"), "w") as file:
            json.dump({"kind": "surface", "stretch": 2, "colormap": "vik", "paths": False}, file)
        plain, seen = self.ply("plane.land.h5", "--colormap", "vik"), self.ply("plane.land.h5", "--state", "view.json")
        self.assertEqual(seen.colors, plain.colors)
        for (x, y, z), (u, v, w) in zip(plain.positions, seen.positions):
            self.assertEqual((x, y), (u, v))
            self.assertAlmostEqual(w, 2 * z, places=5)
        self.ok("export", "plane.land.h5", "-o", "seen.glb", "--state", "view.json")
        self.assertEqual(len(Glb(self.bytes("seen.glb")).json["meshes"]), 1)
        for text, what in (('{"stretch": "high"}', "stretch"), ("{", "JSON"),
                           ('{"kind": "map"}', "no view of a surface")):
            with open(self.path("bad.json"), "w") as file:
                file.write(text)
            self.fails("export", "plane.land.h5", "-o", "bad.ply", "--state", "bad.json", what=what,
                       code=2 if "map" in text else 1)

    def test_clip_cuts_and_leaves_the_colours(self):
        whole = self.ply("plane.land.h5", "--range-loss", "0:2")
        cut = self.ply("plane.land.h5", "--range-loss", "0:2", "--clip", 0.5)
        self.assertLess(len(cut.faces), len(whole.faces))
        self.check(cut)
        shared = dict(zip(((x, y) for x, y, _ in whole.positions), whole.colors))
        kept = [(shared[place[:2]], color) for place, color in zip(cut.positions, cut.colors) if place[:2] in shared]
        self.assertGreater(len(kept), 10)
        self.assertTrue(all(a == b for a, b in kept))

    def test_trajectory_lies_on_the_surface_of_another_metric(self):
        self.ok("export", "plane.land.h5", "-o", "accuracy.glb", "--metric", "accuracy", "--range-loss", "0:2")
        glb = Glb(self.bytes("accuracy.glb"))
        line = glb.read(glb.json["meshes"][1]["primitives"][0]["attributes"]["POSITION"])
        self.assertTrue(all(z <= 0.01 for _, _, z in line), "shares of 1, in a box from 0 to 2")

    def test_same_command_writes_the_same_bytes(self):
        for extension in ("vts", "vtp", "ply", "obj", "glb"):
            self.ok("export", "plane.land.h5", "-o", f"once.{extension}")
            self.ok("export", "plane.land.h5", "-o", f"again.{extension}")
            self.assertEqual(self.bytes(f"once.{extension}"), self.bytes(f"again.{extension}"))

    def test_what_cannot_be_a_mesh_is_said(self):
        self.fails("export", "line.land.h5", "-o", "line.ply", what="mesh stands over a plane", code=2)
        self.fails("export", "plane.land.h5", "plane.land.h5", "-o", "two.glb", what="one landscape", code=2)
        self.fails("export", "plane.land.h5", "-o", "map.ply", "--colormap", "nonsense", what="nonsense")
        self.fails("export", "bare.land.h5", "-o", "bare.vtp", what="no trajectory")
        self.fails("export", "plane.land.h5", "-o", "none.ply", "--range-loss", "-3:-2", what="range|surface")
        self.fails("export", "plane.land.h5", "-o", "no/such/folder.vts", what="no/such")
        for name in ("line.ply", "two.glb", "map.ply", "bare.vtp"):
            self.assertFalse(os.path.exists(self.path(name)), name)
        self.assertFalse([name for name in os.listdir(self.folder) if "tmp" in name], "nothing half-written is left")

    def test_old_file_stays_when_nothing_is_written(self):
        self.ok("export", "plane.land.h5", "-o", "kept.vtp")
        before = self.bytes("kept.vtp")
        self.fails("export", "bare.land.h5", "-o", "kept.vtp", "--force")
        self.fails("export", "plane.land.h5", "-o", "plane.land.h5.ply", "plane.land.h5", code=2)
        self.ok("export", "plane.land.h5", "-o", "dry.vts", "--dry-run")
        self.assertFalse(os.path.exists(self.path("dry.vts")))
        self.assertEqual(before, self.bytes("kept.vtp"))


def make_landscapes(test):
    test.ok("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=600", "--epochs", 8, "--record", "every=5",
            "--seed", 3, "-o", "moons.run.h5")
    test.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", "13x9", "-o", "plane.land.h5")
    test.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", "9x7", "-x=-3e38:3e38", "-y=-3e38:3e38", "-o",
            "broken.land.h5")
    test.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", "13x9", "--shard", "1/2", "-o", "part.land.h5")
    test.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", 3, "--no-trace", "-o", "bare.land.h5")
    test.ok("compute", "moons.run.h5", "--from", "first", "--to", "last", "-g", 21, "-o", "line.land.h5")


if __name__ == "__main__":
    harness.main()
