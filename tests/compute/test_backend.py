import subprocess
import sys

CONVOLUTION = """
import hashlib, sys
from dogs_vs_cats.compute.backend import tf
tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))
pictures = tf.random.stateless_normal((16, 38, 38, 128), (0, 0))
kernels = tf.random.stateless_normal((3, 3, 128, 256), (0, 1))
made = tf.nn.conv2d(pictures, kernels, 1, "SAME")
print(hashlib.sha256(made.numpy().tobytes()).hexdigest())
"""


def test_a_convolution_gives_the_same_bytes_on_one_core_as_on_two() -> None:
    one, two = (
        subprocess.run(
            [sys.executable, "-c", CONVOLUTION, cores],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        for cores in ("1", "2")
    )
    assert one == two
