"""The interactive loop of the `default` preset: forces, features, classifier and encoder, interleaved.

Phases: "layout" (graph on principal components, the first motion), "features" (self-supervision, then a graph on both),
"interactive" (after a change of labels), "resting". Each turn is a round of forces, when one is due, and one unit of the
most urgent other work: classifier steps, then predictions, then features, then graph, then encoder and decoder.
"""

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import UNLABELED, Dataset
from lodespace.models.features import FeatureNetwork
from lodespace.models.graph import Graph
from lodespace.models.graph_building import GraphBuilding, GraphFeatures
from lodespace.models.loop import Loop
from lodespace.models.particles import INTERACTIVE_STEP, LAYOUT_STEP, Particles
from lodespace.models.predictions import Predictions
from lodespace.models.principal_components import principal_components, starting_positions
from lodespace.models.self_supervised import SelfSupervision
from lodespace.models.snapshot import Phase
from lodespace.models.state import Tensors, adam_tensors, load_adam, load_module, module_tensors
from lodespace.models.vae_training import VAETraining
from lodespace.models.wide_classifier import WideClassifier

DRIFT_STEP = 0.1
"""Step of the rounds while features are learned: the islands drift, they do not jump."""
NEW_GRAPH_STEP = 0.5
NEW_GRAPH_ROUNDS = 100
FRESH_CLASSIFIER_STEPS = 60
SETTLING = 3
"""A gesture's rounds are this many times rounds_per_gesture; over the last ones the step shrinks to nothing."""
DOUBTFUL_WEIGHT = 0.1
"""Least weight of a label that the classifier doubts."""
LOSS_INTERVAL = 10
"""Rounds between two measurements of the neighbour and anchor terms."""
STIFFNESS_SCALE = 0.2
"""Kernel force per unit of distance of an unlabelled item at stiffness 1."""
PIN_STIFFNESS = 50.0
CHUNKS_PER_UPDATE = 8
"""Chunks of predictions after which they count, without waiting for the last of a large data set: visible items come first."""


class ParticleLoop(Loop):
    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        n = len(dataset)
        self.vae_training = VAETraining(dataset, config, n_classes, self.generator, self.device_generator)
        self.self_supervision = SelfSupervision(dataset, self.generator, self.device_generator)
        self.classifier: WideClassifier | None = None
        self.known = Predictions(n, n_classes, self.device)
        flat = dataset.inputs.flatten(1)
        self.components = principal_components(flat, config.principal_components)
        self.start = starting_positions(self.components, config.latent_dim, self.device_generator)
        self.particles: Particles | None = None
        self.gathering: GraphFeatures | None = None
        self.building: GraphBuilding | None = GraphBuilding(self.components, config.neighbours)
        self.graph_due = False
        self.rounds_due = 0
        self.rounds_planned = 0
        self.round_step = LAYOUT_STEP
        self.classifier_steps_due = 0
        self.gestures_since_graph = 0
        self.features_in_graph = False
        self.pinned = torch.empty(0, dtype=torch.int64)
        self.pins = torch.empty(0, config.latent_dim, device=self.device)

    # What there is to show -------------------------------------------------------------------------------------------

    @property
    def latent_mean(self) -> torch.Tensor:
        """The particles; while the first graph is built, where they will start."""
        return self.start if self.particles is None else self.particles.latent_mean

    @property
    def epoch(self) -> float:
        return self.vae_training.epoch

    @property
    def kl_per_dimension(self) -> npt.NDArray[np.float32]:
        return self.vae_training.kl

    @property
    def phase(self) -> Phase:
        if self.particles is None or (not self.features_learned and self._laying_out):
            return "layout"
        if self._labels_at_work:
            return "interactive"
        if not self._first_training_done:
            return "features"
        return "resting" if self.resting else "interactive"

    @property
    def progress(self) -> float:
        """Of the first training: a fifth the layout, two fifths the features, two fifths the encoder."""
        if self.particles is None:
            return 0.05 * (self.building.progress if self.building else 0)
        layout = 1 - self.rounds_due / self.rounds_planned if self._laying_out else 1.0
        features = min(1.0, self.self_supervision.steps_done / max(1, self.config.feature_steps))
        encoder = min(1.0, self.epoch / max(1, self._encoder_epochs))
        return min(1.0, 0.05 + 0.15 * layout + 0.4 * features + 0.4 * encoder)

    def predictions(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self.known.best()

    # What is due -----------------------------------------------------------------------------------------------------

    @property
    def _laying_out(self) -> bool:
        return self.rounds_due > 0 and self.round_step == LAYOUT_STEP

    @property
    def features_learned(self) -> bool:
        return self.self_supervision.steps_done >= self.config.feature_steps

    @property
    def _encoder_epochs(self) -> int:
        return self.config.encoder_epochs if self.epoch_target is None else self.epoch_target

    @property
    def _labels_at_work(self) -> bool:
        return self.classifier_steps_due > 0 or self.known.sweeping

    @property
    def _first_training_done(self) -> bool:
        return self.features_in_graph and self.epoch >= self._encoder_epochs

    @property
    def resting(self) -> bool:
        working = self.rounds_due or self._labels_at_work or self.graph_due or not self.settled
        return self._first_training_done and not working

    @property
    def _follows_motion(self) -> bool:
        """After a gesture the encoder follows the particles, every other turn; a bake's epochs are counted and no more."""
        return self.epoch_target is None and self.rounds_due > 0 and self.step % 2 == 1

    def _plan_rounds(self, rounds: int, step: float) -> None:
        """Rounds whose step shrinks to nothing over the second half; a gentler plan never cuts short a stronger one."""
        if self.rounds_due * self.round_step <= rounds * step:
            self.rounds_due = self.rounds_planned = rounds
            self.round_step = step

    # Commands --------------------------------------------------------------------------------------------------------

    def labels_changed(self) -> None:
        labelled = bool((self.labels != UNLABELED).any())
        if labelled and self.classifier is None:
            self._start_classifier()
        if labelled:
            self.classifier_steps_due += self.config.classifier_steps_per_gesture
        self.gestures_since_graph += 1
        if self.particles is not None:
            # What was seen when the labels were given is where unlabelled items are held.
            self.particles.target = self.particles.position.clone()
            self._update_stiffness()
            self._update_agreement()
            self._plan_rounds(SETTLING * self.config.rounds_per_gesture, INTERACTIVE_STEP)

    def set_class_count(self, n_classes: int) -> None:
        if n_classes == self.n_classes:
            return
        self.n_classes = n_classes
        self.vae_training.set_class_count(n_classes)
        self.known.set_class_count(n_classes)
        if self.classifier is not None:
            self.classifier.set_class_count(n_classes)

    def configure(self, config: TrainingConfig) -> None:
        old, self.config = self.config, config
        self.vae_training.configure(config)
        if self.particles is None:
            if config.latent_dim != old.latent_dim:
                self.start = starting_positions(self.components, config.latent_dim, self.device_generator)
                self._forget_pins()
            return
        if config.latent_dim != old.latent_dim:
            self._change_dimension(config.latent_dim)
        if config.stiffness != old.stiffness:
            self._update_stiffness()
        if config.weights != old.weights or config.stiffness != old.stiffness:
            self._plan_rounds(NEW_GRAPH_ROUNDS, INTERACTIVE_STEP)

    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        """Pin items (K,) at targets (K, D) in latent units; an empty list takes all pins away."""
        self.pinned, self.pins = items, targets
        if self.particles is not None:
            let_go = self.particles.pinned
            self.particles.target[let_go] = self.particles.position[let_go]
            self._pin()
            self._plan_rounds(SETTLING * self.config.rounds_per_gesture, INTERACTIVE_STEP)

    def _pin(self) -> None:
        assert self.particles is not None
        self.particles.pin(self.pinned.to(self.device), self.pins)
        self._update_stiffness()

    def _forget_pins(self) -> None:
        self.pinned = self.pinned[:0]
        self.pins = torch.empty(0, self.config.latent_dim, device=self.device)

    def _change_dimension(self, latent_dim: int) -> None:
        """3D to 2D: the principal plane; 2D to 3D: the third principal component is the height, since
        islands rise or sink as wholes by it; noise does not lift them. The motion goes on from there."""
        assert self.particles is not None
        z = self.particles.position
        if latent_dim < z.shape[1]:
            moved = principal_components(z, latent_dim)
        else:
            height = starting_positions(self.components, latent_dim, self.device_generator)[:, -1:]
            moved = torch.cat([z - z.mean(dim=0), height * z.std() / height.std(correction=0).clamp_min(1e-8)], dim=1)
        scale = self.particles.scale
        self.particles = Particles(moved, self.particles.graph, self.device_generator)
        self.particles.position = moved
        self.particles.target = moved.clone()
        self.particles.scale = scale
        self._forget_pins()
        self._update_stiffness()
        self._update_agreement()
        self._plan_rounds(2 * NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)

    def _start_classifier(self) -> None:
        network = copy.deepcopy(self.self_supervision.network)
        self.classifier = WideClassifier(self.dataset, network, self.n_classes, self.device_generator)

    def _update_stiffness(self) -> None:
        if self.particles is None:
            return
        labelled = self.labels != UNLABELED
        # Before the first label nobody has a mental map to keep: the layout is free.
        stiffness = self.config.stiffness * STIFFNESS_SCALE * (~labelled & labelled.any())
        stiffness[self.pinned] = PIN_STIFFNESS
        self.particles.stiffness = stiffness.to(self.device, torch.float32)

    def _update_agreement(self) -> None:
        """Make the edges say what is believed now: labels at once, predictions as of the last sweep."""
        assert self.particles is not None
        seen = len(self.labels[self.labels != UNLABELED].unique())
        believed = self.known.believed(self.labels) if seen else None
        self.particles.set_agreement(believed, seen / self.n_classes)

    # Work ------------------------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        if self.particles is None:
            return self._build_first_graph()
        moved = self._round()
        if self.classifier_steps_due > 0:
            self._classifier_step()
        elif self.known.sweeping:
            self._predict()
        elif self._laying_out:
            pass  # the first layout goes ahead alone: 2 ms a round, and it is what everybody waits for
        elif not self.features_learned:
            self.losses["self_supervision"] = self.self_supervision.step()
            if self.features_learned:
                self._features_are_learned()
        elif not self.settled:
            self._build_graph()
        elif self.graph_due:
            self._start_graph()
        elif self.epoch < self._encoder_epochs or self._follows_motion:
            self._encoder_step()
        self.step += 1
        return moved

    def _build_first_graph(self) -> bool:
        assert self.building is not None
        graph = self.building.unit()
        if graph is None:
            return False
        self.building = None
        self.particles = Particles(self.start, graph, self.device_generator)
        if self.config.layout_rounds:
            self._plan_rounds(self.config.layout_rounds, LAYOUT_STEP)
        self._pin()
        self._update_agreement()
        return True

    def _round(self) -> bool:
        particles = self.particles
        assert particles is not None
        weights = self.config.weights
        if self.rounds_due > 0:
            remaining = self.rounds_due / self.rounds_planned
            share = remaining if self.round_step == LAYOUT_STEP else min(1.0, 2 * remaining)
            particles.round(self.round_step * share, weights.beta_neighbour, weights.beta_anchor)
            self.rounds_due -= 1
        elif not self.features_learned:
            particles.round(DRIFT_STEP, weights.beta_neighbour, weights.beta_anchor)
        else:
            return False
        if self.step % LOSS_INTERVAL == 0:
            self.losses.update(particles.losses())
        return True

    def _classifier_step(self) -> None:
        assert self.classifier is not None
        weights = self.label_weights
        if self.known.known:
            # A label that the classifier doubts may be a slip of the lasso: it teaches less.
            own = self.known.probabilities.cpu().gather(1, self.labels.clamp_min(0)[:, None]).squeeze(1)
            weights = weights * self._relative_within_class(own.clamp_min(DOUBTFUL_WEIGHT))
        loss = self.classifier.step(self.trained_labels, weights, self.generator)
        if loss is not None:
            self.losses["wide_classification"] = loss
        self.classifier_steps_due -= 1
        if self.classifier_steps_due == 0:
            labelled = torch.nonzero(self.labels != UNLABELED).squeeze(1)
            first = torch.cat([self.priority, labelled]).unique()
            self.known.start_sweep(first)

    def _relative_within_class(self, weights: torch.Tensor) -> torch.Tensor:
        """Weights (N,) with mean 1 in each class: a class that was just named is doubted as a whole, and must be learned all the same."""
        labelled = self.labels != UNLABELED
        own = self.labels[labelled]
        total = torch.zeros(self.n_classes).index_add_(0, own, weights[labelled])
        count = torch.zeros(self.n_classes).index_add_(0, own, torch.ones(len(own)))
        mean = total / count.clamp_min(1)
        return torch.where(labelled, weights / mean[self.labels.clamp_min(0)].clamp_min(1e-6), weights)

    def _predict(self) -> None:
        assert self.classifier is not None
        if not self.known.unit(self.classifier):
            if self.known.chunks_done % CHUNKS_PER_UPDATE == 0:
                self._update_agreement()
            return
        self.measure_accuracy(self.known.best()[0])
        self._update_agreement()
        self._plan_rounds(SETTLING * self.config.rounds_per_gesture, INTERACTIVE_STEP)
        if self.gestures_since_graph >= self.config.gestures_per_graph and self.features_in_graph:
            self.gestures_since_graph = 0
            self.graph_due = True

    def _features_are_learned(self) -> None:
        self.graph_due = True
        if self.classifier is not None:
            self._start_classifier()
            self.classifier_steps_due = FRESH_CLASSIFIER_STEPS

    def _start_graph(self) -> None:
        self.graph_due = False
        learned = self.known.features if self.known.known else None
        network = self.self_supervision.network
        self.gathering = GraphFeatures(self.dataset.inputs, network, self.components, learned)

    def _build_graph(self) -> None:
        if self.gathering is not None:
            features = self.gathering.unit()
            if features is not None:
                self.gathering = None
                self.building = GraphBuilding(features, self.config.neighbours)
            return
        assert self.building is not None and self.particles is not None
        graph = self.building.unit()
        if graph is None:
            return
        self.building = None
        self.features_in_graph = True
        self.particles.set_graph(graph)
        self._update_agreement()
        self._plan_rounds(NEW_GRAPH_ROUNDS, NEW_GRAPH_STEP)

    def _encoder_step(self) -> None:
        assert self.particles is not None
        first = self.epoch < self._encoder_epochs
        rate = self.config.learning_rate if first else self.config.interactive_learning_rate
        terms = self.vae_training.step(self.trained_labels, targets=self.particles.latent_mean, learning_rate=rate)
        self.losses.update(terms)

    # Checkpoints -----------------------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """False while a graph is being built: a checkpoint now would start that work over."""
        return self.building is None and self.gathering is None

    def tensors(self) -> Tensors:
        """Everything that training goes on from. A graph being built is begun again, here and after loading alike."""
        if self.particles is None:
            self.building = GraphBuilding(self.components, self.config.neighbours)
        else:
            self.graph_due = self.graph_due or not self.settled
            self.building = self.gathering = None
        tensors = {**self.base_tensors(), **self.vae_training.tensors(), **self.known.tensors()}
        ssl = self.self_supervision
        tensors |= module_tensors("features", ssl.network)
        if not self.features_learned:
            tensors |= module_tensors("projection", ssl.projection)
            tensors |= adam_tensors("features_adam", ssl.optimiser)
            tensors["features_epoch_order"] = ssl.epochs.order
        if self.classifier is not None:
            tensors |= module_tensors("classifier", self.classifier.network)
            tensors |= module_tensors("classifier_output", self.classifier.output)
            tensors |= adam_tensors("classifier_adam", self.classifier.optimiser)
        if self.particles is not None:
            p = self.particles
            tensors |= {
                "position": p.position,
                "target": p.target,
                "stiffness": p.stiffness,
                "edge_head": p.graph.head.to(torch.int32),
                "edge_tail": p.graph.tail.to(torch.int32),
                "edge_weight": p.graph.weight,
                "edge_weight_now": p.weight,
            }
        if len(self.pinned):
            tensors |= {"pinned_items": self.pinned, "pins": self.pins}
        return tensors

    def counters(self) -> dict[str, Any]:
        scale = self.particles.scale if self.particles is not None else 1.0
        return {
            **self.base_counters(),
            **self.vae_training.counters(),
            "graph_due": self.graph_due,
            "rounds_due": self.rounds_due,
            "rounds_planned": self.rounds_planned,
            "round_step": self.round_step,
            "classifier_steps_due": self.classifier_steps_due,
            "gestures_since_graph": self.gestures_since_graph,
            "features_in_graph": self.features_in_graph,
            "feature_steps": self.self_supervision.steps_done,
            "features_epoch_position": self.self_supervision.epochs.position,
            "sweep_position": self.known.position,
            "predictions_known": self.known.known,
            "scale": scale if math.isfinite(scale) else 1.0,
        }

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        self.load_base(tensors, counters)
        self.vae_training.load(tensors, counters)
        self.known.load(tensors, counters["sweep_position"], counters["predictions_known"])
        ssl = self.self_supervision
        load_module("features", ssl.network, tensors)
        ssl.steps_done = counters["feature_steps"]
        if "features_epoch_order" in tensors:
            load_module("projection", ssl.projection, tensors)
            load_adam("features_adam", ssl.optimiser, tensors)
            ssl.epochs.order = tensors["features_epoch_order"].clone()
            ssl.epochs.position = counters["features_epoch_position"]
        if "classifier_output.weight" in tensors:
            network = FeatureNetwork(self.dataset).to(self.device)
            self.classifier = WideClassifier(self.dataset, network, self.n_classes, self.device_generator)
            load_module("classifier", self.classifier.network, tensors)
            load_module("classifier_output", self.classifier.output, tensors)
            load_adam("classifier_adam", self.classifier.optimiser, tensors)
        if "pinned_items" in tensors:
            self.pinned, self.pins = tensors["pinned_items"].clone(), tensors["pins"].clone().to(self.device)
        if "position" in tensors:
            self._load_particles(tensors, counters)
        for name in ("graph_due", "rounds_due", "rounds_planned", "round_step", "classifier_steps_due"):
            setattr(self, name, counters[name])
        self.gestures_since_graph = counters["gestures_since_graph"]
        self.features_in_graph = counters["features_in_graph"]
        # Making the networks above drew random numbers; the saved states are what goes on.
        self.load_base(tensors, counters)

    def _load_particles(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        device = self.device
        graph = Graph(
            tensors["edge_head"].to(device, torch.int64),
            tensors["edge_tail"].to(device, torch.int64),
            tensors["edge_weight"].to(device),
        )
        self.building = None
        position = tensors["position"].clone().to(device)
        self.particles = Particles(position, graph, self.device_generator)
        self.particles.position = position
        self.particles.scale = counters["scale"]
        self.particles.target = tensors["target"].clone().to(device)
        self.particles.stiffness = tensors["stiffness"].clone().to(device)
        self.particles.weight = tensors["edge_weight_now"].clone().to(device)
        self.particles.pin(self.pinned.to(device), self.pins)
