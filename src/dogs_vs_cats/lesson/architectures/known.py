"""The five architectures, and what the lecture and their papers say of their sizes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from dogs_vs_cats.language.catalogue import mark
from dogs_vs_cats.lesson.architectures.alexnet import build_alexnet
from dogs_vs_cats.lesson.architectures.googlenet import build_googlenet
from dogs_vs_cats.lesson.architectures.lenet import build_lenet5, build_plain_lenet5
from dogs_vs_cats.lesson.architectures.resnet import build_resnet152
from dogs_vs_cats.lesson.architectures.vgg import build_vgg16
from dogs_vs_cats.lesson.layers.count import Row


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A network, and what is said of it elsewhere."""

    key: str
    """Beginning of the names of its tables and figures."""
    name: str
    year: int
    build: Callable[[], Any]
    """A Keras model of it."""
    maps: str
    """Regular expression: names of the layers whose outputs are drawn."""
    lecture: str
    """What the lecture says of its size."""
    paper: str
    """What its paper says of its parameters and its work."""
    source: str
    differences: str
    """Why the numbers differ, in sentences."""
    variants: tuple[tuple[str, Callable[[], Any]], ...] = ()
    """As it is also built: in what way, and how."""
    towers: int = 1

    def drawn(self, rows: list[Row]) -> list[Row]:
        """Those of the layers whose outputs are drawn, the picture first."""
        return [r for r in rows if r.kind == "picture" or re.fullmatch(self.maps, r.name)]


ARCHITECTURES = (
    Architecture(
        key="lenet",
        name="LeNet-5",
        year=1998,
        build=build_lenet5,
        maps="C1|S2|C3_maps|S4|C5|F6|output",
        lecture=mark("60,000"),
        paper=mark("60,000 trainable parameters, 340,908 connections"),
        source=mark("LeCun et al., 1998, section II-B"),
        differences=mark("""The number comes out exactly, but only of the network as published: the
            maps of C3 see three, four or six of the maps before them (table I), and the
            subsampling learns a factor and a bias a map. The output's codes are fixed. Today
            LeNet-5 is mostly built with full connections, plain pooling and a dense layer of ten
            at the end, and has more."""),
        variants=((mark("as mostly built today"), build_plain_lenet5),),
    ),
    Architecture(
        key="alexnet",
        name="AlexNet",
        year=2012,
        build=build_alexnet,
        maps=r"conv\d|pool5|fc\d",
        lecture=mark("62 million"),
        paper=mark("60 million parameters, 650,000 neurons"),
        source=mark("Krizhevsky et al., 2012, abstract and section 3"),
        differences=mark("""As published it is two towers, one on each of two GPUs (here blue and
            orange): its second, fourth and fifth convolution see only the maps of their own tower.
            So it has 61 million parameters, which the paper rounds to 60. The lecture's 62 million
            are those of the network in one piece. The picture's side is 227: the paper's 224 does
            not give 55×55 answers."""),
        variants=((mark("in one piece"), partial(build_alexnet, towers=1)),),
        towers=2,
    ),
    Architecture(
        key="vgg",
        name="VGG16",
        year=2014,
        build=build_vgg16,
        maps=r"block\d_conv\d|block5_pool|fc\d|predictions",
        lecture=mark("138 million"),
        paper=mark("138 million"),
        source=mark("Simonyan and Zisserman, 2014, table 2, configuration D"),
        differences=mark("""All agree. About nine tenths of the parameters are the dense layers',
            nearly all of the work the convolutions'. The three methods on VGG16 use the
            convolutions alone."""),
    ),
    Architecture(
        key="googlenet",
        name="GoogLeNet",
        year=2014,
        build=build_googlenet,
        maps="conv1|conv2_3x3|.._output|linear",
        lecture=mark("5 million"),
        paper=mark("6,798 K in table 1, 1.5 billion multiply-adds"),
        source=mark("Szegedy et al., 2014, table 1 and section 1"),
        differences=mark("""Five million is AlexNet's 60 million divided by twelve: the paper says
            that it has twelve times fewer. Its own table adds up to 6,798 K. Rows such as 3a (159
            K) and the last one (1000 K) fit the counts here when a K is 1,024, which makes 6.96
            million. Some rows do not fit in any way: 2.7 K stand for the first convolution's
            7·7·3·64 weights, and accordingly too little work. The two auxiliary classifiers only
            help in training. Local response normalisation, as here, has no parameters; batch
            normalisation, which came a year later, has some."""),
        variants=((mark("with auxiliary classifiers"), partial(build_googlenet, heads=True)),),
    ),
    Architecture(
        key="resnet",
        name="ResNet-152",
        year=2015,
        build=build_resnet152,
        maps="conv1_relu|.*_output|fc",
        lecture=mark("blocks 3-8-36-3"),
        paper=mark("11.3 billion multiply-adds (“FLOPs”)"),
        source=mark("He et al., 2015, table 1"),
        differences=mark("""The paper gives no number of parameters. What is not learned here are
            means and variances, which batch normalisation collects. Keras' own ResNet152 has
            biases as well, in front of batch normalisation, whose mean takes them away again."""),
    ),
)
