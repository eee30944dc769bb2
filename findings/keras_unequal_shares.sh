#!/usr/bin/env bash
# Keras 3.15.1 with TensorFlow 2.21.0: fit cannot train on replicas whose shares of a batch differ.
#
# Guess: fit takes what tf.distribute hands out; a last batch that does not divide evenly is common.
# Seen: before its first step fit averages one batch over the replicas, only to learn its shapes,
# which raises for shares of 3 and 2 rows. The step itself takes such shares: strategy.run of the
# same model's train_step, a public method, trains.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow==2.21.0 keras==3.15.1
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES="" "$folder/venv/bin/python" - <<'PYTHON'
import sys

import keras
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
print(f"Keras {keras.__version__}, TensorFlow {tf.__version__}, {strategy.num_replicas_in_sync} replicas")


def shares(second: int):
    """Batches of which the first replica gets 3 rows, the second this many."""
    rows = tf.constant([3, second])
    one = lambda replica: (tf.ones([rows[replica], 4]), tf.ones([rows[replica], 1]))
    return strategy.distribute_datasets_from_function(
        lambda context: tf.data.Dataset.range(2).map(one).repeat()
    )


def model():
    with strategy.scope():
        made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        made.compile("sgd", "mse")
        made.optimizer.build(made.trainable_variables)
    return made


def fits(second: int) -> bool:
    try:
        model().fit(shares(second), epochs=1, steps_per_epoch=2, verbose=0)
    except Exception as error:
        print(f"fit on shares of 3 and {second}: {type(error).__name__}: {str(error)[:100]!r}")
        return False
    print(f"fit on shares of 3 and {second}: trains")
    return True


equal, unequal = fits(3), fits(2)
by_hand, batches = model(), iter(shares(2))
before = by_hand.get_weights()[0].copy()
tf.function(lambda: strategy.run(by_hand.train_step, args=(next(batches),)))()
moved = bool((by_hand.get_weights()[0] != before).any())
print(f"strategy.run(model.train_step) on shares of 3 and 2: {'trains' if moved else 'does nothing'}")
sys.exit(0 if (equal, unequal, moved) == (True, False, True) else "changed")
PYTHON
