"""The session in service: commands in, events to disk, news to clients and trainer. Where everything meets; holds no sockets of its own."""

import asyncio
import base64
import logging
import secrets
import time

import msgspec
import numpy as np

from lodespace import protocol
from lodespace.access.pairing import Access
from lodespace.config import ServerConfig
from lodespace.errors import RequestError
from lodespace.items import thumbnails
from lodespace.models.config import model_side
from lodespace.models.item_predictions import ItemPredictions
from lodespace.project import checkpoints
from lodespace.project.project import Project
from lodespace.recording.index import index_of
from lodespace.recording.recorder import Recorder
from lodespace.review.review import Review
from lodespace.scene.region_query import items_in_regions
from lodespace.service.client import Client, Clients
from lodespace.session.event_log import EventLog, EventLogError
from lodespace.session.pins import checked_targets
from lodespace.session.planning import Command, plan
from lodespace.session.session import AnnotationSession
from lodespace.training.shared_frames import TrainerFrame
from lodespace.training.supervisor import Inputs, TrainerSupervisor

log = logging.getLogger(__name__)

CLI_CLIENT = "cli"
"""Who sets what the command line asks for."""


class Service:
    """One project being served. Implements TrainerListener."""

    def __init__(
        self,
        project: Project,
        config: ServerConfig,
        access: Access,
        *,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        self.project = project
        self.config = config
        self.access = access
        self.session = AnnotationSession(
            project.items, read_only=project.read_only, settings=project.settings
        )
        self.clients = Clients()
        self.review = Review(self.session, self._tell_quality)
        access.on_change = self.tell_access
        access.on_revoked = self._end_streams
        access.connected = lambda device: sum(client.device == device for client in self.clients)
        self.started = time.monotonic()
        self.notices: dict[str, protocol.Notice] = {}
        self.losses: protocol.Losses | None = None
        self._measured_at = -1
        self.atlas = thumbnails.describe(project.items)
        self._one_at_a_time = asyncio.Lock()
        self._baked_timeline: protocol.Timeline | None = None
        self.store: EventLog | None = None
        self.trainer: TrainerSupervisor | None = None
        self.recorder: Recorder | None = None
        scene = project.baked_scene()
        if scene is not None:
            self.session.restore_scene(scene)
        if not project.read_only:
            self._open_for_writing(device, threads)

    def _open_for_writing(self, device: str, threads: int) -> None:
        # A bake's labels are in its scene; a project's are what its log says.
        self.session.begin_with(None)
        self.store = EventLog(self.project.labels_path)
        self.session.replay(self.store.events())
        self._take_asked_settings()
        newest = checkpoints.newest(self.project.checkpoints, len(self.project.items))
        if newest is not None:
            # The first picture needs no trainer: it goes on from here.
            self.session.publish(
                newest.latent_mean,
                ItemPredictions(newest.prediction, newest.confidence),
                step=newest.step,
                resting=True,
            )
        self.recorder = Recorder(self.project.recording_path, self.session)
        if not self.config.train:
            return
        self.trainer = TrainerSupervisor(
            self.project, self, self._inputs(), device=device, threads=threads
        )

    def _take_asked_settings(self) -> None:
        """Those of the command line are a gesture like any other, and can be undone."""
        asked = self.project.asked
        if asked is None or self.store is None:
            return
        command = protocol.SetTraining(command_id=f"cli-{secrets.token_hex(8)}", settings=asked)
        event = plan(self.session, command, CLI_CLIENT)
        if event is not None:
            self.session.apply(self.store.append_now(event))

    def _inputs(self) -> Inputs:
        session = self.session
        pinned, pins = session.held()
        return Inputs(
            labels=session.labels.copy(),
            verified=session.verified,
            n_classes=len(session.classes),
            settings=session.settings,
            pinned=pinned,
            pins=pins,
            step=session.acts.last,
        )

    async def start(self) -> None:
        await self.review.start()
        if self.trainer is not None:
            await self.trainer.start()

    async def stop(self) -> None:
        await self.review.stop()
        if self.trainer is not None:
            await self.trainer.stop()
        if self.recorder is not None:
            self.recorder.close()
        if self.store is not None:
            self.store.close()
        self.project.close()

    @property
    def training(self) -> protocol.Training:
        """The trainer's state; `absent` for a read-only scene and where training is off."""
        if self.trainer is not None:
            return self.trainer.training
        return self.session.untrained(self.session.settings)

    def info(self, client: str, role: protocol.Role) -> protocol.SessionInfo:
        return self.session.info(
            client,
            role=role,
            training=self.training,
            thumbnails=self.atlas,
            has_recording=self.project.recording_path.is_file(),
            quality=self.review.quality,
        )

    # Commands --------------------------------------------------------------------------------------------------------

    async def carry_out(self, command: Command, client: str) -> protocol.Ack:
        """Check, write to disk, apply, tell everybody. Returns the answer; raises LodespaceError, and then nothing has changed.

        A client that goes away meanwhile changes nothing: what is on disk is applied all the same.
        """
        return await asyncio.shield(asyncio.ensure_future(self._carry_out(command, client)))

    async def _carry_out(self, command: Command, client: str) -> protocol.Ack:
        async with self._one_at_a_time:
            known = self.session.answered(command.command_id)
            if known is not None:
                return known
            event = plan(self.session, command, client)
            if event is None:
                return protocol.Ack(
                    command_id=command.command_id, sequence=self.session.sequence, count=0
                )
            assert self.store is not None  # a read-only session plans nothing
            try:
                event = await self.store.append(event)
            except EventLogError as error:
                self.on_notice(protocol.Notice(topic="disk", code=error.code, message=str(error)))
                raise
            self._clear_notice("disk")
            applied = self.session.apply(event)
        for operation in applied.news:
            self.clients.send(operation)
        self._tell_history()
        self.review.labelled()
        self._clear_notice("undo")
        if self.trainer is not None:
            self.trainer.learn_from(self._inputs())
        else:
            self.on_training(self.training)
        if self.recorder is not None:
            told = self.session.told(event)
            self.recorder.operations([*applied.news, *([] if told is None else [told])])
        return applied.ack

    async def set_training(self, command: protocol.SetTraining, client: str) -> protocol.Ack:
        """Run, pause, settings. Raises RequestError when there is no trainer or the settings do not go together."""
        if self.trainer is None:
            raise RequestError(
                "nothing is trained here: the scene is baked, or training is off",
                code="no_training",
            )
        ack = protocol.Ack(command_id=command.command_id, sequence=self.session.sequence, count=0)
        if command.settings is not None:
            ack = await self.carry_out(command, client)
        if command.run is not None:
            if command.run:
                self.trainer.run()
            else:
                self.trainer.pause()
        return ack

    def drag(self, client: Client, command: protocol.Drag) -> None:
        """Items are in a client's hand. Raises RequestError when they cannot be."""
        if self.trainer is None:
            raise RequestError(
                "nothing is trained here: there is no model to pull", code="no_training"
            )
        targets = checked_targets(command.targets, len(command.items), self.session.grid.latent_dim)
        items = np.asarray(command.items, np.uint32)
        self.session.check_items(items)
        client.dragging = (items, targets) if len(items) else None
        self._tell_drags()

    def let_go(self, client: Client) -> None:
        """A client holds nothing any more."""
        if client.dragging is not None:
            client.dragging = None
            self._tell_drags()

    def _tell_drags(self) -> None:
        """What all clients together hold; of an item that two hold, the place where one of them has it."""
        if self.trainer is None:
            return
        latent_dim = self.session.grid.latent_dim
        held = [
            c.dragging
            for c in self.clients
            if c.dragging is not None and c.dragging[1].shape[1] == latent_dim
        ]
        items = np.concatenate([np.empty(0, np.uint32), *(one[0] for one in held)])
        targets = np.concatenate([np.empty((0, latent_dim), np.float32), *(one[1] for one in held)])
        items, first = np.unique(items, return_index=True)
        self.trainer.drag(items, targets[first])

    def watch(self, client: Client, *, forces: bool) -> None:
        client.watching = forces
        client.force_version = 0
        self._tell_watching()

    def _tell_watching(self) -> None:
        if self.trainer is not None:
            self.trainer.watch(any(client.watching for client in self.clients))

    async def probe(self, command: protocol.Probe) -> protocol.Probed:
        """How the model sees some items. Raises LodespaceError when there is no model, or no such item."""
        trainer = self._model()
        self.session.check_items(np.asarray(command.items, np.uint32))
        seen = await trainer.probe(command.items)
        height, width, channels = self._picture_shape
        return protocol.Probed(
            command_id=command.command_id,
            step=seen.step,
            items=command.items,
            forces={
                name: np.frombuffer(force, "<f4").tolist() for name, force in seen.forces.items()
            },
            pictures=base64.b64encode(seen.pictures).decode(),
            width=width,
            height=height,
            channels=channels,
            error=seen.error,
            sigma=np.frombuffer(seen.sigma, "<f4").tolist(),
        )

    async def decode(self, command: protocol.Decode) -> protocol.Decoded:
        """What lies at some points. Raises LodespaceError when there is no model, or nothing to see."""
        trainer = self._model()
        points = checked_targets(command.points, len(command.points), self.session.grid.latent_dim)
        decoded = await trainer.decode(points)
        height, width, channels = self._picture_shape
        return protocol.Decoded(
            command_id=command.command_id,
            pictures=base64.b64encode(decoded.pictures).decode(),
            width=width,
            height=height,
            channels=channels,
        )

    def _model(self) -> TrainerSupervisor:
        if self.trainer is None:
            raise RequestError(
                "nothing is trained here: there is no model to ask", code="no_training"
            )
        return self.trainer

    @property
    def _picture_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what the decoder makes; 0 for vectors."""
        items = self.project.items
        if items.kind == "vector":
            return 0, 0, 0
        side = model_side(*items.data.shape[1:3])
        return side, side, items.data.shape[3] if items.data.ndim == 4 else 1

    def set_priority(self, client: Client, items: list[int]) -> None:
        """What one client looks at; the trainer moves what any of them looks at first. Raises RequestError when there is no such item."""
        if items and max(items) >= len(self.session.items):
            raise RequestError(f"there is no item {max(items)}", code="unknown_item")
        client.priority = items
        self.tell_priority()

    def tell_priority(self) -> None:
        """Also when a client has left."""
        if self.trainer is not None:
            self.trainer.set_priority(
                sorted({item for client in self.clients for item in client.priority})
            )

    # Who is there ----------------------------------------------------------------------------------------------------

    def moved(self, client: Client, presence: protocol.Presence) -> None:
        """A client's head and hands are elsewhere: tell the others."""
        client.present = presence.head is not None
        peer = protocol.PeerMoved(
            client_id=client.client_id,
            name=client.name,
            head=presence.head,
            left=presence.left,
            right=presence.right,
            scale=presence.scale,
        )
        for other in self.clients:
            if other is not client and other.client_id:
                other.replace(f"peer-{client.client_id}", peer)

    def left(self, client: Client) -> None:
        """A client is gone, its head with it."""
        if client.present:
            self.moved(client, protocol.Presence())
        if client.priority:
            self.tell_priority()
        if client.watching:
            self._tell_watching()
        self.let_go(client)
        self.tell_access()

    def tell_access(self) -> None:
        owners = [client for client in self.clients if client.role == "owner" and client.client_id]
        if owners:
            news = protocol.AccessChanged(access=self.access.overview())
            for client in owners:
                client.replace("access", news)

    def _end_streams(self, device: str) -> None:
        for client in self.clients:
            if client.device == device:
                client.end(protocol.CLOSE_REVOKED, "the owner has shut this device out")

    async def timeline(self) -> protocol.Timeline:
        """What the recording holds. Raises ProjectError when a bake's is damaged."""
        if self.recorder is not None:
            return await asyncio.wrap_future(self.recorder.timeline())
        if self._baked_timeline is None:
            self._baked_timeline = await asyncio.to_thread(index_of, self.project.recording_path)
        return self._baked_timeline

    async def resolve(
        self, command: protocol.Resolve, *, revision: int | None
    ) -> protocol.Resolved:
        """The items in the regions, at the positions of `revision` where they are still kept (None: the newest), else the newest."""
        seen, latent_mean = self.session.grid.latent_mean_at(revision)
        items = await asyncio.to_thread(
            items_in_regions, latent_mean, command.regions
        )  # a long lasso takes a while
        return protocol.Resolved(command_id=command.command_id, items=items.tolist(), revision=seen)

    def _tell_history(self) -> None:
        for client in self.clients:
            if client.client_id:
                client.history_changed()

    def _tell_quality(self, quality: protocol.Quality) -> None:
        self.clients.replace("quality", protocol.QualityChanged(quality=quality))

    # TrainerListener -------------------------------------------------------------------------------------------------

    def on_frame(self, frame: TrainerFrame) -> None:
        before = self.session.grid.revision
        self.session.publish(
            frame.latent_mean,
            frame.predictions,
            step=frame.step,
            resting=frame.resting,
            exact=frame.exact,
            forces=frame.forces,
        )
        if self.recorder is not None and self.session.grid.revision != before:
            self.recorder.positions(last=frame.resting)
        self.review.predicted()
        self.clients.wake()

    def on_losses(self, losses: protocol.Losses) -> None:
        self.losses = losses
        self.review.measured(losses.metrics)
        measured = protocol.LossesMeasured(losses=losses)
        self.clients.replace("losses", measured)
        if self.recorder is not None and self.session.grid.revision != self._measured_at:
            # At rest nothing is learned, and nothing has to be noted.
            self._measured_at = self.session.grid.revision
            self.recorder.operations([measured])

    def on_training(self, training: protocol.Training) -> None:
        self.clients.replace("training", protocol.TrainingChanged(training=training))

    def on_notice(self, notice: protocol.Notice) -> None:
        if notice.code:
            self.notices[notice.topic] = notice
        elif self.notices.pop(notice.topic, None) is None:
            return
        self.clients.replace(f"notice-{notice.topic}", notice)

    def _clear_notice(self, topic: str) -> None:
        if topic in self.notices:
            self.on_notice(msgspec.structs.replace(self.notices[topic], code="", message=""))
