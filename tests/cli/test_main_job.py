"""The main job at its real size: the S5 network learns the digits; its landscapes are right, even far out."""

import os

import harness


class MainJob(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.training = test.ok_json("train", "--model", "mnist-cnn", "--data", "digits", "--epochs", 3, "--record",
                                    "every=20", "--seed", 1, "-o", "run.h5", timeout=600)

    def runTest(self):
        pass

    def test_network_passes_97_percent(self):
        self.assertEqual(self.training["parameters"], 1199882)
        self.assertGreater(self.training["test_accuracy"], 0.97)
        self.assertGreater(self.training["states"], 20)

    def test_landscape_from_onnx_agrees_with_the_run(self):
        self.ok("export", "run.h5", "--state", "last", "-o", "net.onnx")
        options = ["--samples", 200, "--dirs", "random", "-g", 3]
        self.ok("compute", "run.h5", *options, "--no-trace", "-o", "a.land.h5")
        self.ok("compute", "net.onnx", "--data", "digits", "--test-fraction", 0.1, *options, "-o", "b.land.h5")
        self.assertEqual(self.values("a.land.h5"), self.values("b.land.h5"))

    def test_far_plane_is_finite_and_right(self):
        options = ["--samples", 50, "--dirs", "random", "--norm", "none", "--ignore", "none", "-g", 5, "--no-trace",
                   "-x", "-25000:25000", "-y", "-25000:25000"]
        far = self.ok_json("compute", "run.h5", *options, "-o", "far.land.h5")
        self.ok("compute", "run.h5", *options, "-d", "ref", "-o", "far-ref.land.h5", timeout=600)
        self.assertEqual(far["not_finite"], 0)
        self.assertGreater(far["highest"], 1e20)
        mine, reference = self.values("far.land.h5"), self.values("far-ref.land.h5")
        for point, row in mine.items():
            loss = float(reference[point]["loss"])
            self.assertLessEqual(abs(float(row["loss"]) - loss), 1e-5 * abs(loss), point)
        self.ok("export", "far.land.h5", "-o", "far.png", "--log")
        self.assertGreater(os.path.getsize(self.path("far.png")), 5000)


if __name__ == "__main__":
    harness.main()
